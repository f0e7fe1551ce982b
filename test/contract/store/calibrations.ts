import { describe, expect, test } from 'vitest';
import type { ReviewCalibration } from '../../../src/domain/review.ts';
import type { Opened } from './under-test.ts';
import { ADMIN, unique } from './made.ts';

const calibrationOf = (pack: string, createdMs: number): ReviewCalibration => ({
  id: unique('calibration'),
  createdMs,
  pack,
  subsets: {
    voice: {
      labels: { anger: { method: 'platt', a: 0.9, b: -1 / 3 } },
      thresholds: { anger: 0.125 },
      reject: {
        score: 'entropy',
        threshold: { anger: 0.5 },
        promise: { risk: 0.1, delta: 0.1, n: 10, accepted: 5, wrong: 1, clips: 'reviewed items' },
      },
    },
    both: { labels: {}, thresholds: {}, reject: null },
  },
});

export function describeCalibrations(opened: Opened): void {
  describe('calibrations', () => {
    test('are proposed, approved one at a time, rolled back and dismissed, each step on record', async () => {
      const { calibrations, audit } = opened().store;
      const pack = unique('pack@1');
      const [first, second] = [calibrationOf(pack, 1), calibrationOf(pack, 2)];
      const report = { before: { ece: 0.2 }, after: { ece: 0.1 } };
      for (const calibration of [first, second]) await calibrations.propose({ calibration, report }, ADMIN);
      expect(await calibrations.active(pack)).toBeNull();
      await calibrations.activate(pack, first.id, ADMIN, 3);
      expect(await calibrations.active(pack)).toEqual(first);
      await calibrations.activate(pack, second.id, ADMIN, 4);
      expect(await calibrations.all(pack)).toEqual([
        { calibration: second, status: 'active', report },
        { calibration: first, status: 'retired', report },
      ]);
      await calibrations.activate(pack, first.id, ADMIN, 5);
      await calibrations.activate(pack, null, ADMIN, 6);
      expect(await calibrations.active(pack)).toBeNull();
      const third = calibrationOf(pack, 7);
      await calibrations.propose({ calibration: third, report }, ADMIN);
      await calibrations.dismiss(third.id, ADMIN, 8);
      const done = (await audit.entries({ kinds: ['model'], limit: 1000 })).filter(
        ({ details }) => details['pack'] === pack,
      );
      expect(done.map(({ action }) => action.replace('model.', ''))).toEqual([
        'proposed',
        'proposed',
        'activated',
        'activated',
        'activated',
        'activated',
        'proposed',
        'dismissed',
      ]);
    });

    test('what cannot be is refused', async () => {
      const { calibrations } = opened().store;
      const pack = unique('pack@1');
      const calibration = calibrationOf(pack, 1);
      await calibrations.propose({ calibration, report: {} }, ADMIN);
      await expect(calibrations.propose({ calibration, report: {} }, ADMIN)).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(calibrations.activate('other@1', calibration.id, ADMIN, 2)).rejects.toMatchObject({
        code: 'not-found',
      });
      await expect(calibrations.dismiss('unknown', ADMIN, 2)).rejects.toMatchObject({ code: 'not-found' });
      await calibrations.dismiss(calibration.id, ADMIN, 2);
      await expect(calibrations.activate(pack, calibration.id, ADMIN, 3)).rejects.toMatchObject({ code: 'conflict' });
    });

    test('two that are approved at once leave one active', async () => {
      const { calibrations } = opened().store;
      const pack = unique('pack@1');
      const made = Array.from({ length: 5 }, (_, i) => calibrationOf(pack, i));
      for (const calibration of made) await calibrations.propose({ calibration, report: {} }, ADMIN);
      await Promise.all(made.map(({ id }) => calibrations.activate(pack, id, ADMIN, 9)));
      expect((await calibrations.all(pack)).filter(({ status }) => status === 'active')).toHaveLength(1);
    });
  });
}
