/** The receipt of a withdrawal: what was deleted, what stays and why, to read and to take away. */
import type { Receipt } from '../../src/protocol.ts';
import { deletedWords } from '../deleted-words.ts';
import { saveFile } from '../save-file.ts';

/** What there is to show. */
export interface ReceiptsProps {
  readonly receipts: readonly Receipt[];
  /** Deletion is under way, or could not be asked for yet. */
  readonly deleting: boolean;
  readonly onAskAgain: () => void;
}

/** What a withdrawal has done. */
export function Receipts({ receipts, deleting, onAskAgain }: ReceiptsProps) {
  return (
    <section class="terms" aria-label="Withdrawal" aria-live="polite">
      {deleting && (
        <p class="row">
          <span>What is kept of you is being deleted.</span>
          <button type="button" onClick={onAskAgain}>
            Ask again
          </button>
        </p>
      )}
      {receipts.length > 0 && (
        <>
          <h2>Receipt of your withdrawal</h2>
          {receipts.map((receipt) => (
            <OneReceipt key={receipt.id} receipt={receipt} />
          ))}
          <p>
            <button
              type="button"
              onClick={() => saveFile('undertone-withdrawal.json', JSON.stringify(receipts, null, 2))}
            >
              Download the receipt
            </button>
          </p>
        </>
      )}
    </section>
  );
}

function OneReceipt({ receipt }: { readonly receipt: Receipt }) {
  return (
    <>
      <p>
        Deleted on {new Date(receipt.atMs).toLocaleString()}: {deletedWords(receipt.deleted)}. Number of the receipt:{' '}
        <span class="number">{receipt.id}</span>
      </p>
      <p>What stays:</p>
      <ul>
        {receipt.kept.map((kept) => (
          <li key={kept}>{kept}</li>
        ))}
      </ul>
    </>
  );
}
