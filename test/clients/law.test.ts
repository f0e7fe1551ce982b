import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAnalysed } from '../../clients/admin/law.ts';
import { mayAnalyse } from '../../src/core/trust/purpose.ts';
import { jurisdiction, purpose, roleKind } from '../../src/protocol/trust.ts';

it('tells of every role what the server will decide', () => {
  fc.assert(
    fc.property(
      fc.record({
        purpose: fc.constantFrom(...purpose.options),
        jurisdiction: fc.constantFrom(...jurisdiction.options),
        justification: fc.constantFrom(null, '', ' ', 'protocol 12'),
        roles: fc.record({ somebody: fc.constantFrom(...roleKind.options) }),
      }),
      (profile) => {
        expect(isAnalysed(profile, 'somebody')).toBe(mayAnalyse(profile, 'somebody').allowed);
      },
    ),
    { numRuns: 500 },
  );
});
