/** How review is going, in one thin bar. */
import type { OperationAnswer } from '../../src/protocol/api.ts';

/** The bar: answered, being looked at, and still to do. */
export function ProgressBar({ progress }: { readonly progress: OperationAnswer<'reviewProgress'> | null }) {
  if (progress === null) return <p class="quiet">Progress unknown</p>;
  const { open, held, done } = progress;
  const all = open + held + done;
  return (
    <div class="progress" title="Items that have all the answers that they want, of all that are kept">
      <progress max={Math.max(1, all)} value={done} aria-label="Items done" />
      <p class="quiet">
        <span class="number">{done}</span> done, <span class="number">{open}</span> to do
        {held > 0 && (
          <>
            , <span class="number">{held}</span> being looked at
          </>
        )}
      </p>
    </div>
  );
}
