/** Calibrations by reviewers' answers: propose, look at before and after, approve, roll back. */
import { useMemo } from 'preact/hooks';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import type { SectionProps } from './section.ts';
import { Report } from './report.tsx';

type Calibration = OperationAnswer<'calibrations'>['calibrations'][number];

const STATUS: Readonly<Record<Calibration['status'], string>> = {
  proposed: 'proposed, waits for you',
  active: 'judges now',
  retired: 'judged before',
  dismissed: 'dismissed',
};

/** The calibration section. */
export function CalibrationSection({ api }: SectionProps) {
  const state = useMemo(() => createResource(() => api.call('calibrations', {})), [api]);
  const { value, problem, busy } = state.known.value;
  const activate = (id: string | null) => void state.refresh(() => api.call('activate', { body: { id } }));
  return (
    <section class="panel" aria-labelledby="calibration">
      <h2 id="calibration">Calibration</h2>
      <p class="quiet">
        Reviewers’ answers say how often the model’s probabilities came true. A proposal is fitted on them and judged on
        answers that it was not fitted on; nothing changes until you approve it, and every verdict names what judged it.
      </p>
      <Problem problem={problem} />
      {value !== null && (
        <>
          <p role="status">
            {value.pack} judges {value.active === null ? 'as it was made' : 'with calibration '}
            {value.active !== null && <span class="number">{value.active}</span>}.
          </p>
          <div class="row">
            <button
              type="button"
              class="primary"
              disabled={busy}
              onClick={() => void state.refresh(() => api.call('propose', {}))}
            >
              Propose a calibration
            </button>
            {value.active !== null && (
              <button type="button" disabled={busy} onClick={() => activate(null)}>
                Roll back to the pack as it was made
              </button>
            )}
          </div>
          {busy && <p role="status">Working</p>}
          <div class="proposals">
            {value.calibrations.map(({ calibration, status, report }) => (
              <article key={calibration.id} class="notice" aria-label={`Calibration ${calibration.id}`}>
                <p>
                  <span class="number">{calibration.id}</span>, {new Date(calibration.createdMs).toLocaleString()}:{' '}
                  <b>{STATUS[status]}</b>
                </p>
                <Report report={report} />
                <div class="row">
                  {status !== 'active' && status !== 'dismissed' && (
                    <button type="button" disabled={busy} onClick={() => activate(calibration.id)}>
                      {status === 'proposed' ? 'Approve: let it judge' : 'Let it judge again'}
                    </button>
                  )}
                  {status === 'proposed' && (
                    <button
                      type="button"
                      disabled={busy}
                      onClick={() => void state.refresh(() => api.call('dismiss', { params: { id: calibration.id } }))}
                    >
                      Dismiss
                    </button>
                  )}
                </div>
              </article>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
