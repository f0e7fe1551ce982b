/** One item of the queue with everything: its clip, what the model said, and every answer. */
import { useMemo, useEffect } from 'preact/hooks';
import { signed, two } from '../dashboard/format.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import { REASON_WORDS } from '../words.ts';
import { loadClip } from '../review/clip.ts';

type Reviewed = OperationAnswer<'reviewItem'>;

/** What the panel needs to know. */
export interface ReviewedItemProps {
  readonly api: ApiClient;
  readonly id: string;
  readonly onClose: () => void;
}

/** The item; that its clip was watched goes on record. */
export function ReviewedItem({ api, id, onClose }: ReviewedItemProps) {
  const state = useMemo(() => createResource(() => api.call('reviewItem', { params: { id } })), [api, id]);
  const { value, problem } = state.known.value;
  return (
    <article class="notice opened" aria-label="Review item">
      <Problem problem={problem} />
      {value !== null && (
        <>
          <Shown api={api} item={value.item} />
          <Answers annotations={value.annotations} />
        </>
      )}
      <div class="row">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </article>
  );
}

function Shown({ api, item }: { readonly api: ApiClient; readonly item: Reviewed['item'] }) {
  const clip = useMemo(() => loadClip(api, item.id, item.clip !== null), [api, item]);
  useEffect(() => () => clip.close(), [clip]);
  const { status, reason, probabilities, labels, withheld = [] } = item.verdict;
  const state = clip.state.value;
  const said = Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([label, p]) => `${label} ${two(p)}`)
    .join(', ');
  const named = status === 'accepted' ? labels : withheld;
  return (
    <>
      <p>
        Room {item.room}, participant <span class="number">{item.participant}</span>. The model{' '}
        {status === 'accepted'
          ? 'said'
          : `gave no verdict (${reason === null ? 'rejected' : REASON_WORDS[reason]}), else`}{' '}
        {named.length === 0 ? 'nothing' : named.join(', ')}: {said}. Drawn as {item.causes.join(' and ')}, with a chance
        of <span class="number">{two(item.propensity)}</span>.
      </p>
      {state.name === 'ready' ? (
        <video class="clip" src={state.url} controls playsInline aria-label="The clip that was judged" />
      ) : (
        <p class="quiet">{state.name === 'loading' ? 'Loading the clip' : 'No clip is kept of this item.'}</p>
      )}
    </>
  );
}

function Answers({ annotations }: Pick<Reviewed, 'annotations'>) {
  if (annotations.length === 0) return <p>Nobody has answered it yet.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Answers">
      <table>
        <thead>
          <tr>
            <th scope="col">reviewer</th>
            <th scope="col">answer</th>
            <th scope="col">valence, arousal</th>
            <th scope="col">time</th>
          </tr>
        </thead>
        <tbody>
          {annotations.map(({ id, reviewer, labels, cannotTell, attributes, tookMs, informed }) => (
            <tr key={id}>
              <th scope="row">{reviewer}</th>
              <td>
                {cannotTell ? 'cannot tell' : labels.join(', ')}
                {informed && <span class="quiet"> (after the model’s opinion was seen)</span>}
              </td>
              <td class="number">
                {attributes === null ? '—' : `${signed(attributes.valence)}, ${signed(attributes.arousal)}`}
              </td>
              <td class="number">{(tookMs / 1000).toFixed(1)} s</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
