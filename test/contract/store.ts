/** What every `Store` keeps to, embedded or on a server. One database serves all its tests: each uses a room of its own. */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeAudit } from './store/audit.ts';
import { describeCalibrations } from './store/calibrations.ts';
import { describePeople } from './store/people.ts';
import { describePlans } from './store/plans.ts';
import { describeQueue } from './store/queue.ts';
import { describeReservations } from './store/reservations.ts';
import { describeRetention } from './store/retention.ts';
import { describeText } from './store/text.ts';
import type { Opened, StoreUnderTest } from './store/under-test.ts';

/** Run the contract on what `open` gives. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let opened: StoreUnderTest | null = null;
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(() => opened?.store.close(), 120_000);
    const under: Opened = () => {
      if (opened === null) throw new Error('the store did not open');
      return opened;
    };
    describePeople(under);
    describeRetention(under);
    describeQueue(under);
    describeReservations(under);
    describeCalibrations(under);
    describeText(under);
    describeAudit(under);
    describePlans(under);
  });
}
