/** The audit log: what was done, by whom, and whether anything was changed since. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { SectionProps } from './section.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';

type Entry = OperationAnswer<'audit'>['entries'][number];
const KINDS = ['consent', 'access', 'configuration', 'model', 'review', 'deletion'] as const;
const PAGE = 200;
/** Characters that are shown unfolded. */
const SHORT = 120;

/** The audit section. */
export function AuditSection({ api, me }: SectionProps) {
  const room = useSignal('');
  const kind = useSignal<(typeof KINDS)[number] | ''>('');
  const entries = useSignal<readonly Entry[]>([]);
  const whole = useSignal<string | null>(null);
  const unverified = useSignal<UndertoneError | null>(null);
  const state = useMemo(
    () =>
      createResource(async () => {
        const before = entries.value;
        const after = before.at(-1)?.seq ?? 0;
        const query = {
          after,
          limit: PAGE,
          ...(kind.value !== '' && { kind: kind.value }),
          ...(room.value !== '' && { room: room.value }),
        };
        const page = await api.call('audit', { query });
        // Something else is shown meanwhile.
        if (entries.value !== before) return true;
        entries.value = [...before, ...page.entries];
        return page.entries.length === PAGE;
      }),
    [api],
  );
  const { value: more, problem, busy } = state.known.value;
  const show = (choose: () => void) => {
    choose();
    entries.value = [];
    void state.refresh();
  };
  const verify = async () => {
    whole.value = null;
    unverified.value = null;
    try {
      const { entries: count, brokenAt, head } = await api.call('verifyAudit', {});
      whole.value =
        brokenAt === null
          ? `All ${count.toString()} entries are as they were written. Head ${head.slice(0, 16)}…`
          : `Entry ${brokenAt.toString()} is not what was written: the log was changed from there on.`;
    } catch (thrown) {
      unverified.value = asUndertoneError(thrown);
    }
  };
  return (
    <section class="panel" aria-labelledby="audit">
      <h2 id="audit">Audit log</h2>
      <p class="quiet">Each entry is chained to the one before by its hash; none can be changed or removed unseen.</p>
      <div class="row">
        <label class="row">
          Show{' '}
          <select
            value={kind.value}
            onChange={({ currentTarget }) =>
              show(() => (kind.value = KINDS.find((each) => each === currentTarget.value) ?? ''))
            }
          >
            <option value="">everything</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label class="row">
          Room{' '}
          <select value={room.value} onChange={({ currentTarget }) => show(() => (room.value = currentTarget.value))}>
            <option value="">every room, and what concerns none</option>
            {me.rooms.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={busy} onClick={() => void verify()}>
          Verify the chain
        </button>
      </div>
      <Problem problem={unverified.value ?? problem} />
      {whole.value !== null && (
        <p class="notice" role="status">
          {whole.value}
        </p>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label="Entries">
        <table class="log">
          <thead>
            <tr>
              <th scope="col">no.</th>
              <th scope="col">when</th>
              <th scope="col">what</th>
              <th scope="col">by</th>
              <th scope="col">room</th>
              <th scope="col">details</th>
              <th scope="col">hash</th>
            </tr>
          </thead>
          <tbody>
            {entries.value.map((entry) => (
              <tr key={entry.seq}>
                <td>{entry.seq}</td>
                <td>{new Date(entry.atMs).toLocaleString()}</td>
                <td>{entry.action}</td>
                <td>
                  {entry.actor.role} {entry.actor.subject}
                </td>
                <td>{entry.room ?? ''}</td>
                <td class="details">
                  <Details text={detailsOf(entry)} />
                </td>
                <td class="number quiet">{entry.hash.slice(0, 8)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more === true && (
        <button type="button" class="more" disabled={busy} onClick={() => void state.refresh()}>
          Show more
        </button>
      )}
    </section>
  );
}

/** Long ones are folded: the change of a room's settings holds the whole text of its consent. */
function Details({ text }: { readonly text: string }) {
  if (text.length <= SHORT) return <>{text}</>;
  return (
    <details>
      <summary>{text.slice(0, SHORT)}…</summary>
      {text}
    </details>
  );
}

function detailsOf({ details }: Entry): string {
  return Object.entries(details)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ');
}
