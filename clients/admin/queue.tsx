/** The review queue as a list that scrolls smoothly however long it is: only the rows in sight are drawn. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';
import { REASON_WORDS } from '../words.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import { ReviewedItem } from './reviewed-item.tsx';

type Listing = OperationAnswer<'listReview'>['items'][number];

/** Height of a row, CSS pixels; the style sheet has the same. */
const ROW = 32;
/** Rows drawn beyond each edge. */
const SPARE = 8;
const PAGE = 200;
const STATES: Readonly<Record<Listing['state'], string>> = { open: 'to do', held: 'being looked at', done: 'done' };
const COLUMNS = ['when', 'room', 'verdict', 'answers', 'state', ''];

/** The queue, newest first; more is fetched before its end is reached. */
export function Queue({ api }: { readonly api: ApiClient }) {
  const items = useSignal<readonly Listing[]>([]);
  const only = useSignal<Listing['state'] | ''>('');
  const opened = useSignal<string | null>(null);
  const top = useSignal(0);
  const height = useSignal(10 * ROW);
  const list = useRef<HTMLDivElement>(null);
  const state = useMemo(
    () =>
      createResource(async () => {
        const before = items.value;
        const last = before.at(-1);
        const query = {
          limit: PAGE,
          ...(only.value !== '' && { state: only.value }),
          ...(last && { beforeMs: last.createdMs, beforeId: last.id }),
        };
        const page = await api.call('listReview', { query });
        // Something else is shown meanwhile.
        if (items.value !== before) return true;
        items.value = [...before, ...page.items];
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
    if (more === true && !busy && end > items.value.length - PAGE / 2) void state.refresh();
  };
  const show = (next: Listing['state'] | '') => {
    only.value = next;
    items.value = [];
    list.current?.scrollTo(0, 0);
    void state.refresh();
  };
  return (
    <section class="panel" aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <div class="row">
        <label class="row">
          Show{' '}
          <select
            value={only.value}
            onChange={({ currentTarget: { value } }) => show(value in STATES ? (value as Listing['state']) : '')}
          >
            <option value="">all items</option>
            {Object.entries(STATES).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={busy} onClick={() => show(only.value)}>
          Refresh
        </button>
      </div>
      <Problem problem={problem} />
      {items.value.length === 0 && !busy && problem === null && (
        <p>No such items are kept. They come from rooms that keep scores: see Rooms, Review.</p>
      )}
      <div
        class="queue"
        ref={list}
        onScroll={onScroll}
        hidden={items.value.length === 0}
        tabIndex={0}
        role="table"
        aria-label="Review items"
        aria-rowcount={more === true ? -1 : items.value.length + 1}
      >
        <div class="row-item row-head" role="row" aria-rowindex={1}>
          {COLUMNS.map((name) => (
            <span key={name} role="columnheader">
              {name === '' ? <span class="unseen">open</span> : name}
            </span>
          ))}
        </div>
        <div class="rows" role="rowgroup" style={{ height: `${(items.value.length * ROW).toString()}px` }}>
          {items.value.slice(first, end).map((item, i) => (
            <Row key={item.id} item={item} index={first + i} onOpen={() => (opened.value = item.id)} />
          ))}
        </div>
      </div>
      {opened.value !== null && (
        <ReviewedItem key={opened.value} api={api} id={opened.value} onClose={() => (opened.value = null)} />
      )}
    </section>
  );
}

interface RowProps {
  readonly item: Listing;
  readonly index: number;
  readonly onOpen: () => void;
}

function Row({ item, index, onOpen }: RowProps) {
  const what = item.status === null ? 'told when done' : item.reason === null ? 'accepted' : REASON_WORDS[item.reason];
  return (
    <div
      class="row-item"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${(index * ROW).toString()}px)` }}
    >
      <span role="cell">{WHEN.format(item.startMs)}</span>
      <span role="cell">{item.room}</span>
      <span role="cell">{what}</span>
      <span role="cell" class="number">
        {item.answers} of {item.raters}
      </span>
      <span role="cell">{STATES[item.state]}</span>
      <span role="cell">
        <button
          type="button"
          class="plain"
          onClick={onOpen}
          aria-label={`Open the item of ${WHEN.format(item.startMs)}`}
        >
          Open
        </button>
      </span>
    </div>
  );
}

const WHEN = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
