/** One person's consent and data. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import type { ApiClient } from '../api.ts';
import { focusHere } from '../focus-here.ts';
import { Receipt } from '../receipt.tsx';
import { saveFile } from '../save-file.ts';
import type { OwnKey } from './key.ts';

/** What the page needs to know. */
export interface OwnDataProps {
  readonly own: OwnKey;
  readonly api: ApiClient;
  /** The key opens nothing. */
  readonly onRefused: () => void;
}

/** The history of somebody's consent, with the way to withdraw it and to take a copy of everything. */
export function OwnData({ own, api, onRefused }: OwnDataProps) {
  const { room, participant } = own;
  const params = { room, participant };
  const receipt = useSignal<OperationAnswer<'withdraw'> | null>(null);
  const sure = useSignal(false);
  const state = useMemo(() => createResource(() => api.call('consents', { params })), [api]);
  const { value, problem, busy } = state.known.value;
  useEffect(() => {
    if (problem?.code === 'unauthenticated') onRefused();
  }, [problem]);
  const withdraw = async () => {
    const well = await state.refresh(async () => (receipt.value = await api.call('withdraw', { params })));
    if (well) sure.value = false;
  };
  const download = () =>
    state.refresh(async () => {
      const data = await api.call('exportPerson', { params });
      saveFile(`undertone-${room}-${participant}.json`, JSON.stringify(data, null, 2));
    });
  const [latest] = value?.consents ?? [];
  return (
    <section class="sheet" aria-labelledby="own">
      <h1 class="headline" id="own">
        Your consent in room {room}
      </h1>
      <Problem problem={problem} />
      {value === null && problem === null && <p role="status">Asking the server</p>}
      {value === null && problem !== null && (
        <p>
          <button type="button" disabled={busy} onClick={() => void state.refresh()}>
            Try again
          </button>
        </p>
      )}
      {latest !== undefined && (
        <p role="status">
          {latest.granted
            ? `You agreed on ${when(latest.atMs)}: your voice and face are analysed while you are in the room.`
            : `You withdrew on ${when(latest.atMs)}: nothing of yours is analysed.`}
        </p>
      )}
      {receipt.value !== null && (
        <section class="notice" aria-label="Receipt" role="status" tabIndex={-1} ref={focusHere}>
          <Receipt receipt={receipt.value} />
        </section>
      )}
      <div class="row">
        {latest?.granted === true && !sure.value && (
          <button type="button" disabled={busy} onClick={() => (sure.value = true)}>
            Withdraw my consent
          </button>
        )}
        {latest?.granted === true && sure.value && (
          <>
            <p class="wide" id="sure" tabIndex={-1} ref={focusHere}>
              Analysis of you stops at once, and what is kept of you is deleted for good. Do you want that?
            </p>
            <button
              type="button"
              class="primary"
              disabled={busy}
              aria-describedby="sure"
              onClick={() => void withdraw()}
            >
              Withdraw, and delete what is kept of me
            </button>
            <button type="button" onClick={() => (sure.value = false)}>
              Keep it as it is
            </button>
          </>
        )}
        <button type="button" disabled={busy || value === null} onClick={() => void download()}>
          Save a copy of what is kept of me
        </button>
      </div>
      {value !== null && value.consents.length === 0 && <p>Nothing is on record of you in this room.</p>}
      {value !== null && value.consents.length > 0 && (
        <>
          <h2>History</h2>
          <ul class="history">
            {value.consents.map((each) => (
              <li key={each.atMs}>
                {each.granted ? 'Agreed' : 'Withdrew'} on {when(each.atMs)}, as {each.role}
                <details>
                  <summary>
                    {each.granted ? 'What you agreed to' : 'What you withdrew from'}, version {each.textVersion}
                  </summary>
                  <p class="agreed">{each.text}</p>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function when(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });
}
