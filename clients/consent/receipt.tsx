import { deletedWords } from '../deleted-words.ts';
import { focusHere } from '../focus-here.ts';
import { saveFile } from '../save-file.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';

/** What was deleted and what was kept, in words, to take home. */
export function Receipt({ receipt }: { readonly receipt: OperationAnswer<'withdraw'> }) {
  return (
    <section class="receipt notice" aria-label="Receipt" role="status" tabIndex={-1} ref={focusHere}>
      <p>Deleted: {deletedWords(receipt.deleted)}.</p>
      {receipt.kept.length > 0 && (
        <>
          <p>What stays:</p>
          <ul>
            {receipt.kept.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
      <p class="quiet">
        Receipt <span class="number">{receipt.id}</span>
      </p>
      <div class="row">
        <button
          type="button"
          onClick={() => {
            saveFile(`undertone-receipt-${receipt.id}.json`, JSON.stringify(receipt, null, 2));
          }}
        >
          Save the receipt
        </button>
      </div>
    </section>
  );
}
