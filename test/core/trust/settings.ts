/** Room settings of any kind, sound or not. */
import fc from 'fast-check';
import { defaultSettings } from '../../../src/core/trust/settings.ts';
import type { RoleKind, RoomSettings } from '../../../src/domain/trust.ts';

export const KINDS: readonly RoleKind[] = ['customer', 'patient', 'employee', 'student', 'candidate', 'other'];

export const purpose = fc.constantFrom(
  'demonstration' as const,
  'meeting' as const,
  'customer-call' as const,
  'research' as const,
  'medical' as const,
  'safety' as const,
);

export const roomSettings: fc.Arbitrary<RoomSettings> = fc
  .record({
    purpose,
    jurisdiction: fc.constantFrom('eu' as const, 'other' as const),
    justification: fc.option(fc.constantFrom('', '   ', 'assessment of pain', 'fatigue at the wheel')),
    roles: fc.dictionary(
      fc.constantFrom('participant', 'agent', 'pupil', 'constructor', '__proto__'),
      fc.constantFrom(...KINDS),
    ),
    keeping: fc.constantFrom('nothing' as const, 'segments' as const, 'windows' as const),
    clips: fc.boolean(),
    retention: fc.record({
      clipsMs: fc.integer({ min: 50_000, max: 2 ** 36 }),
      scoresMs: fc.integer({ min: 50_000, max: 2 ** 36 }),
      reviewsMs: fc.integer({ min: 50_000, max: 2 ** 36 }),
    }),
  })
  .map((changes) => ({ ...defaultSettings('lobby'), ...changes }));
