/** The receipt of a withdrawal: what was deleted, what stays and why, to read and to take home. */
import type { Receipt as ReceiptJson } from '../src/protocol.ts';
import { deletedWords } from './deleted-words.ts';
import { saveFile } from './save-file.ts';

/** One receipt, in words. */
export function Receipt({ receipt }: { readonly receipt: ReceiptJson }) {
  const { id, atMs, deleted, kept } = receipt;
  return (
    <div class="receipt">
      <p>
        Deleted on {new Date(atMs).toLocaleString()}: {deletedWords(deleted)}.
      </p>
      {kept.length > 0 && (
        <>
          <p>What stays:</p>
          <ul>
            {kept.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
      <p class="quiet">
        Receipt <span class="number">{id}</span>
      </p>
      <div class="row">
        <button
          type="button"
          onClick={() => {
            saveFile(`undertone-receipt-${id}.json`, JSON.stringify(receipt, null, 2));
          }}
        >
          Save the receipt
        </button>
      </div>
    </div>
  );
}
