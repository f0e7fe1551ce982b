/** How review is going: the queue, each reviewer, and how far they agree. */
import { useMemo } from 'preact/hooks';
import type { SectionProps } from './section.ts';
import { Agreement } from './agreement.tsx';
import { Problem } from '../problem.tsx';
import { Queue } from './queue.tsx';
import { createResource } from '../resource.ts';

/** The review section. */
export function ReviewSection({ api }: SectionProps) {
  const state = useMemo(
    () =>
      createResource(async () => {
        const [progress, agreement] = await Promise.all([api.call('reviewProgress', {}), api.call('agreement', {})]);
        return { progress, agreement };
      }),
    [api],
  );
  const { value, problem } = state.known.value;
  return (
    <>
      <Problem problem={problem} />
      {value !== null && (
        <section class="panel" aria-labelledby="reviewers">
          <h2 id="reviewers">Reviewers</h2>
          <p class="quiet">
            {value.progress.open} items to do, {value.progress.held} being looked at, {value.progress.done} done.{' '}
            <a href="/review" target="_blank" rel="opener">
              Review
            </a>
          </p>
          {value.progress.reviewers.length === 0 ? (
            <p>Nobody has answered yet. Make a reviewer’s token under Tokens.</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">reviewer</th>
                  <th scope="col">answers</th>
                  <th scope="col">cannot tell</th>
                  <th scope="col">skipped</th>
                  <th scope="col" title="Half of the answers took no longer">
                    median time
                  </th>
                </tr>
              </thead>
              <tbody>
                {value.progress.reviewers.map(({ reviewer, answers, cannotTell, skips, medianTookMs }) => (
                  <tr key={reviewer}>
                    <th scope="row">{reviewer}</th>
                    <td>{answers}</td>
                    <td>{cannotTell}</td>
                    <td>{skips}</td>
                    <td>{medianTookMs === null ? '—' : `${(medianTookMs / 1000).toFixed(1)} s`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      )}
      {value !== null && <Agreement agreement={value.agreement} />}
      <Queue api={api} />
    </>
  );
}
