import type { OperationAnswer } from '../../src/protocol/api.ts';
import { saveFile } from '../save-file.ts';

const WORDS: Readonly<Record<keyof OperationAnswer<'withdraw'>['deleted'], string>> = {
  clips: 'clips',
  segments: 'segments',
  verdicts: 'verdicts',
  reviewItems: 'review items',
  annotations: 'reviewers’ answers',
};

/** What was deleted and what was kept, in words, to take home. */
export function Receipt({ receipt }: { readonly receipt: OperationAnswer<'withdraw'> }) {
  const deleted = Object.entries(WORDS).map(
    ([kind, words]) => `${receipt.deleted[kind as keyof typeof WORDS].toString()} ${words}`,
  );
  return (
    <section class="receipt notice" aria-label="Receipt">
      <p>Deleted: {deleted.join(', ')}.</p>
      {receipt.kept.length > 0 && (
        <>
          <p>Kept:</p>
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
