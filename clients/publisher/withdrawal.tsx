/** What a withdrawal has done, and what of it is still to come. */
import type { Receipt as ReceiptJson } from '../../src/protocol.ts';
import { Receipt } from '../receipt.tsx';

/** What there is to show. */
export interface WithdrawalProps {
  readonly receipts: readonly ReceiptJson[];
  /** Deletion is under way, or could not be asked for yet. */
  readonly deleting: boolean;
  readonly onAskAgain: () => void;
}

/** Receipts as they come; empty before anything was withdrawn. */
export function Withdrawal({ receipts, deleting, onAskAgain }: WithdrawalProps) {
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
      {receipts.length > 0 && <h2>Receipt of your withdrawal</h2>}
      {receipts.map((receipt) => (
        <Receipt key={receipt.id} receipt={receipt} />
      ))}
    </section>
  );
}
