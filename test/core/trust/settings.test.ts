import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consentText,
  consentVersion,
  keptWords,
  purposeWords,
  spanWords,
} from '../../../src/core/trust/consent-text.ts';
import { checkSettings, defaultSettings } from '../../../src/core/trust/settings.ts';
import type { RoomSettings } from '../../../src/domain/trust.ts';
import { roomSettings } from './settings.ts';

const DEFAULT = defaultSettings('lobby');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const version = (settings: RoomSettings) => consentVersion(consentText(settings), sha256);

describe('settings', () => {
  it('by default keep nothing, hold to the rules of the EU, and are sound', () => {
    expect(checkSettings(DEFAULT)).toEqual([]);
    expect(DEFAULT).toMatchObject({ keeping: 'nothing', clips: false, jurisdiction: 'eu' });
  });

  it('that are sound never keep a clip where nothing is kept, nor claim a reason that is not on record', () => {
    fc.assert(
      fc.property(roomSettings, (settings) => {
        if (checkSettings(settings).length > 0) return;
        expect(settings.clips && settings.keeping === 'nothing').toBe(false);
        if (settings.purpose === 'medical' || settings.purpose === 'safety')
          expect((settings.justification ?? '').trim()).not.toBe('');
        for (const spanMs of Object.values(settings.retention)) expect(spanMs).toBeGreaterThanOrEqual(60_000);
      }),
    );
  });

  it.each<[string, Partial<RoomSettings>]>([
    ['justification', { purpose: 'medical' }],
    ['justification', { purpose: 'safety', justification: '  ' }],
    ['justification', { purpose: 'safety', justification: '\u200b\u2060' }],
    ['roles', { roles: {} }],
    ['roles', { roles: { 'a\u202eb': 'other' } }],
    ['roles', { roles: { ' a': 'other' } }],
    ['consentText', { consentText: ' \n' }],
    ['clips', { clips: true }],
    ['retention.scoresMs', { retention: { ...DEFAULT.retention, scoresMs: 0 } }],
    ['retention.clipsMs', { retention: { ...DEFAULT.retention, clipsMs: Number.NaN } }],
    ['review', { review: { ...DEFAULT.review, auditShare: 1.1 } }],
    ['review.raters', { review: { ...DEFAULT.review, raters: 0 } }],
    ['review.reservationMs', { review: { ...DEFAULT.review, reservationMs: 1 } }],
  ])('that are wrong are named with the remedy: %s', (name, changes) => {
    expect(checkSettings({ ...DEFAULT, ...changes })).toEqual([expect.stringMatching(new RegExp(`^${name}: .{10}`))]);
  });
});

describe('what people agree to', () => {
  it('says the purpose and everything that is kept, and for how long', () => {
    const text = consentText({ ...DEFAULT, keeping: 'windows', clips: true, purpose: 'research' });
    for (const words of ['research', '30 days', '90 days', '7 days', 'a clip of your voice and face'])
      expect(text).toContain(words);
    expect(consentText(DEFAULT)).toContain('No sound, no picture and no numbers are kept');
  });

  it('has another version once anything in it has changed, and only then', () => {
    const changes: Partial<RoomSettings>[] = [
      { purpose: 'research' },
      { justification: 'because' },
      { keeping: 'segments' },
      { consentText: 'Other words.' },
    ];
    const versions = new Set([DEFAULT, ...changes.map((each) => ({ ...DEFAULT, ...each }))].map(version));
    expect(versions.size).toBe(changes.length + 1);
    expect(version({ ...DEFAULT, room: 'attic', review: { ...DEFAULT.review, raters: 5 } })).toBe(version(DEFAULT));
    fc.assert(
      fc.property(roomSettings, (settings) => {
        expect(version(settings)).toMatch(/^[0-9a-f]{16}$/);
        const kept = { ...settings, keeping: 'windows' as const };
        const longer = { ...kept, retention: { ...kept.retention, scoresMs: kept.retention.scoresMs + 86_400_000 } };
        expect(version(longer)).not.toBe(version(kept));
      }),
    );
  });

  it('is told in a phrase, too', () => {
    expect(purposeWords({ purpose: 'medical', justification: 'assessment of pain' })).toBe(
      'a medical reason (assessment of pain)',
    );
    expect(keptWords(DEFAULT)).toBe('nothing but your agreement');
    expect(keptWords({ ...DEFAULT, keeping: 'segments', clips: true })).toBe(
      'the numbers for 30 days, short clips for 7 days',
    );
  });

  it.each([
    [60_000, '1 minute'],
    [90_000, '2 minutes'],
    [3_600_000, '1 hour'],
    [86_400_000, '1 day'],
    [36 * 3_600_000, '36 hours'],
    [7 * 86_400_000, '7 days'],
  ])('counts %i ms as %s', (spanMs, words) => {
    expect(spanWords(spanMs)).toBe(words);
  });
});
