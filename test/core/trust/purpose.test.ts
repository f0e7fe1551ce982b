import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayAnalyse } from '../../../src/core/trust/purpose.ts';
import { defaultSettings } from '../../../src/core/trust/settings.ts';
import type { Purpose, RoleKind } from '../../../src/domain/trust.ts';
import { KINDS, purpose, roomSettings } from './settings.ts';

const DEPENDENT: readonly RoleKind[] = ['employee', 'student', 'candidate'];

describe('who may be analysed', () => {
  it('is nobody who works, learns or applies in the EU, but for medical or safety reasons that are on record', () => {
    fc.assert(
      fc.property(roomSettings, fc.constantFrom(...DEPENDENT), (settings, kind) => {
        const profile = { ...settings, jurisdiction: 'eu' as const, roles: { ...settings.roles, agent: kind } };
        const justified = (settings.justification ?? '').trim() !== '';
        const excepted = ['medical', 'safety'].includes(settings.purpose) && justified;
        expect(mayAnalyse(profile, 'agent').allowed).toBe(excepted);
      }),
    );
  });

  it('is nobody whose role the room does not name, whatever objects inherit', () => {
    fc.assert(
      fc.property(roomSettings, fc.string(), (settings, role) => {
        fc.pre(!Object.hasOwn(settings.roles, role));
        expect(mayAnalyse(settings, role).allowed).toBe(false);
      }),
    );
    for (const role of ['constructor', 'toString', '__proto__'])
      expect(mayAnalyse(defaultSettings('lobby'), role).allowed).toBe(false);
  });

  it('never gets fewer by a change that makes the rules looser', () => {
    fc.assert(
      fc.property(roomSettings, fc.string(), (settings, anyRole) => {
        const roles = [...Object.keys(settings.roles), anyRole];
        const looser = [
          { ...settings, jurisdiction: 'other' as const },
          { ...settings, purpose: 'medical' as const, justification: 'assessment of pain' },
        ];
        for (const role of roles.filter((each) => mayAnalyse(settings, each).allowed))
          for (const after of looser) expect(mayAnalyse(after, role).allowed).toBe(true);
      }),
    );
  });

  it('depends on what a role is, not on what it is called', () => {
    fc.assert(
      fc.property(roomSettings, fc.constantFrom(...KINDS), fc.constantFrom('boss', 'x y'), (settings, kind, called) => {
        const as = (name: string) => mayAnalyse({ ...settings, roles: { [name]: kind } }, name).allowed;
        expect(as(called)).toBe(as('somebody'));
      }),
    );
  });

  it('is said in words that name the law, or the roles that there are', () => {
    const settings = defaultSettings('lobby');
    expect(mayAnalyse(settings, 'agent').because).toContain('people at work');
    expect(mayAnalyse({ ...settings, roles: { pupil: 'student' } }, 'pupil').because).toContain('in education');
    expect(mayAnalyse(settings, 'boss').because).toContain('customer, agent');
  });

  /** Article 5(1)(f), row by row. */
  it.each<[RoleKind, Purpose, string | null, boolean]>([
    ['customer', 'customer-call', null, true],
    ['patient', 'medical', 'assessment of pain', true],
    ['employee', 'customer-call', null, false],
    ['employee', 'safety', 'fatigue at the wheel', true],
    ['employee', 'safety', null, false],
    ['employee', 'research', 'a good cause', false],
    ['student', 'research', null, false],
    ['candidate', 'meeting', null, false],
    ['other', 'demonstration', null, true],
  ])('a room for %s, purpose %s, justification %s: %s', (kind, of, justification, allowed) => {
    const profile = { purpose: of, jurisdiction: 'eu' as const, justification, roles: { somebody: kind } };
    expect(mayAnalyse(profile, 'somebody').allowed).toBe(allowed);
  });

  it('elsewhere is whoever the room names, for any purpose', () => {
    fc.assert(
      fc.property(purpose, fc.constantFrom(...KINDS), (of, kind) => {
        const profile = { purpose: of, jurisdiction: 'other' as const, justification: null, roles: { somebody: kind } };
        expect(mayAnalyse(profile, 'somebody').allowed).toBe(true);
      }),
    );
  });
});
