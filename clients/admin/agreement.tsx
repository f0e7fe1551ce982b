/** How far reviewers agree with one another. */
import type { OperationAnswer } from '../../src/protocol/api.ts';

/** Krippendorff's alpha, by label and by reviewer. */
export function Agreement({ agreement }: { readonly agreement: OperationAnswer<'agreement'> }) {
  return <pre class="scroll number">{JSON.stringify(agreement, null, 2)}</pre>;
}
