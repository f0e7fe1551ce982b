/** The review queue as a list that scrolls smoothly however long it is: only the rows in sight are drawn. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';
import { REASON_WORDS } from '../words.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';

type Listing = OperationAnswer<'listReview'>['items'][number];

/** Height of a row, CSS pixels; the style sheet has the same. */
const ROW = 32;
/** Rows drawn beyond each edge. */
const SPARE = 8;
const PAGE = 200;

/** The queue, newest first; more is fetched before its end is reached. */
export function Queue({ api }: { readonly api: ApiClient }) {
  const items = useSignal<readonly Listing[]>([]);
  const top = useSignal(0);
  const height = useSignal(10 * ROW);
  const list = useRef<HTMLDivElement>(null);
  const state = useMemo(
    () =>
      createResource(async () => {
        const last = items.value.at(-1);
        const query = { limit: PAGE, ...(last && { beforeMs: last.createdMs, beforeId: last.id }) };
        const page = await api.call('listReview', { query });
        items.value = [...items.value, ...page.items];
        return page.items.length === PAGE;
      }),
    [api],
  );
  useEffect(() => {
    height.value = list.current?.clientHeight ?? height.value;
  }, []);
  const { value: more, problem, busy } = state.known.value;
  const first = Math.max(0, Math.floor(top.value / ROW) - SPARE);
  const end = Math.min(items.value.length, Math.ceil((top.value + height.value) / ROW) + SPARE);
  const onScroll = ({ currentTarget }: { readonly currentTarget: HTMLDivElement }) => {
    top.value = currentTarget.scrollTop;
    if (more === true && !busy && end > items.value.length - PAGE / 4) void state.refresh();
  };
  return (
    <section class="panel" aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <Problem problem={problem} />
      {items.value.length === 0 && !busy && <p>No items are kept.</p>}
      <div
        class="queue"
        ref={list}
        onScroll={onScroll}
        tabIndex={0}
        role="table"
        aria-label="Review items"
        aria-rowcount={more === true ? -1 : items.value.length}
      >
        <div class="rows" style={{ height: `${(items.value.length * ROW).toString()}px` }}>
          {items.value.slice(first, end).map((item, i) => (
            <Row key={item.id} item={item} index={first + i} />
          ))}
        </div>
      </div>
    </section>
  );
}

function Row({ item, index }: { readonly item: Listing; readonly index: number }) {
  const what = item.reason === null ? 'accepted' : REASON_WORDS[item.reason];
  return (
    <div
      class="row-item"
      role="row"
      aria-rowindex={index + 1}
      style={{ transform: `translateY(${(index * ROW).toString()}px)` }}
    >
      <span role="cell">{WHEN.format(item.startMs)}</span>
      <span role="cell">{item.room}</span>
      <span role="cell">{what}</span>
      <span role="cell" class="number">
        {item.answers} of {item.raters}
      </span>
      <span role="cell">{STATES[item.state]}</span>
    </div>
  );
}

const WHEN = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

const STATES: Readonly<Record<Listing['state'], string>> = { open: 'to do', held: 'being looked at', done: 'done' };
