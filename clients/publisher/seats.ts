/** The numbers under which the server has known a person, so that a withdrawal reaches what is kept under each. */
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { Receipt, Results } from '../../src/protocol.ts';
import { createApiClient } from '../api.ts';
import type { PublishOptions } from './publication.ts';

/** A participant and the key to it. */
export type Held = Pick<Results['join'], 'participant' | 'key'>;

/** Every seat of one publication that the person agreed in. */
export interface Seats {
  /** The person agreed in this seat. */
  agreed(seat: Held): void;
  /** What is kept under every seat is to be deleted. */
  withdraw(): void;
  /** Whether something is still to be deleted. */
  owed(): boolean;
  /**
   * Have deleted what is owed: by `withdrawn` for the seat that the connection stands for, by its key for any other.
   * What was deleted is owed no more, also when another fails.
   * @throws UndertoneError what the server answers, after all were tried.
   */
  settle(present: string | null, withdrawn: () => Promise<Receipt | null>): Promise<readonly Receipt[]>;
}

/** No seat yet. */
export function seatsHeld({ url, room }: Pick<PublishOptions, 'url' | 'room'>): Seats {
  const agreed = new Map<string, string>();
  const owed = new Map<string, string>();
  let settling: Promise<readonly Receipt[]> = Promise.resolve([]);

  function byKey({ participant, key }: Held): Promise<Receipt> {
    const api = createApiClient({ origin: originOf(url), authorization: `Participant ${key}` });
    return api.call('withdraw', { params: { room, participant } });
  }

  /** The seat may have been lost at this very moment. */
  async function orByKey(withdrawn: () => Promise<Receipt | null>, held: Held): Promise<Receipt | null> {
    try {
      return await withdrawn();
    } catch (error) {
      if (asUndertoneError(error).code !== 'not-joined') throw error;
      return byKey(held);
    }
  }

  async function settleAll(present: string | null, withdrawn: () => Promise<Receipt | null>): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    let failure: UndertoneError | null = null;
    for (const [participant, key] of [...owed]) {
      try {
        const held = { participant, key };
        const receipt = participant === present ? await orByKey(withdrawn, held) : await byKey(held);
        owed.delete(participant);
        if (receipt !== null) receipts.push(receipt);
      } catch (error) {
        failure = asUndertoneError(error);
      }
    }
    if (receipts.length === 0 && failure !== null) throw failure;
    return receipts;
  }

  return {
    agreed: ({ participant, key }) => {
      agreed.set(participant, key);
      owed.delete(participant);
    },
    withdraw: () => {
      for (const [participant, key] of agreed) owed.set(participant, key);
      agreed.clear();
    },
    owed: () => owed.size > 0,
    settle: (present, withdrawn) => {
      settling = settling.catch(() => []).then(() => settleAll(present, withdrawn));
      return settling;
    },
  };
}

/** Where the gateway's server answers HTTP. */
function originOf(gateway: string): string {
  const { protocol, host } = new URL(gateway);
  return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
}
