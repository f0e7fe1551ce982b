/** How far reviewers agree with one another. */
import { LABELS } from '../../src/core/labels.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { signed } from '../dashboard/format.ts';

type Report = OperationAnswer<'agreement'>;
type Agreed = Report['labels'];

/** Krippendorff's alpha of whole answers, of each label, and of valence and arousal. */
export function Agreement({ agreement }: { readonly agreement: Report }) {
  const { labels, perLabel, valence, arousal, reviewers } = agreement;
  return (
    <section class="panel" aria-labelledby="agreement">
      <h2 id="agreement">Agreement</h2>
      <p class="quiet">
        Krippendorff’s alpha: 1 is perfect agreement, 0 is what chance would give. In brackets the 95 % interval over
        items. People differ in what they perceive; a low alpha is a finding, not a fault of theirs.
      </p>
      {labels.items === 0 ? (
        <p>No item has two answers yet.</p>
      ) : (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">question</th>
                <th scope="col">alpha</th>
                <th scope="col">items</th>
              </tr>
            </thead>
            <tbody>
              <Row name="all labels together" agreed={labels} />
              {LABELS.map((label) => {
                const agreed = perLabel[label];
                return agreed === undefined ? null : <Row key={label} name={label} agreed={agreed} />;
              })}
              <Row name="valence" agreed={valence} />
              <Row name="arousal" agreed={arousal} />
            </tbody>
          </table>
          <table>
            <thead>
              <tr>
                <th scope="col">reviewer</th>
                <th scope="col">shared items</th>
                <th scope="col" title="Alpha's reading of this reviewer against all others">
                  with the others
                </th>
              </tr>
            </thead>
            <tbody>
              {reviewers.map(({ reviewer, shared, withOthers }) => (
                <tr key={reviewer}>
                  <th scope="row">{reviewer}</th>
                  <td>{shared}</td>
                  <td class="number">{withOthers === null ? '—' : signed(withOthers)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

function Row({ name, agreed: { alpha, interval, items } }: { readonly name: string; readonly agreed: Agreed }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">
        {alpha === null ? '—' : signed(alpha)}
        {interval !== null && ` (${signed(interval[0])} to ${signed(interval[1])})`}
      </td>
      <td>{items}</td>
    </tr>
  );
}
