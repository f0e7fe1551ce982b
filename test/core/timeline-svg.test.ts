import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABEL_COLOURS } from '../../clients/colours.ts';
import { REASON_WORDS } from '../../clients/words.ts';
import type { Verdict } from '../../src/domain.ts';
import { fold, spread, textWidth } from '../../src/core/svg.ts';
import { createTimeline } from '../../src/core/timeline.ts';
import { timelineSvg } from '../../src/core/timeline-svg.ts';
import { verdicts } from './arbitraries.ts';
import { expectWellFormed } from './well-formed.ts';

function draw(said: readonly Verdict[], title = 'talk.mp4'): string {
  const timeline = createTimeline({ hopMs: 500 });
  for (const verdict of said) timeline.add(verdict);
  return timelineSvg(timeline, { title, subtitle: 'Pack p@1.', colours: LABEL_COLOURS, words: REASON_WORDS });
}

const rejected = (index: number, reason: 'no-speech' | 'poor-face'): Verdict => ({
  startMs: index * 500,
  endMs: index * 500 + 3000,
  status: 'rejected',
  reason,
  labels: [],
  probabilities: {},
  shares: {},
  modalities: [],
  missing: {},
  uncertainty: null,
  pack: 'p@1',
  calibration: null,
});

describe('the picture of a timeline', () => {
  it('is well formed and has no impossible coordinate, whatever was said and whatever the file is called', () => {
    fc.assert(
      fc.property(verdicts, fc.string({ unit: 'binary' }), (said, title) => {
        expectWellFormed(draw(said, title));
      }),
    );
    expectWellFormed(draw([]));
  });

  it('escapes the title', () => {
    const svg = draw([], `<script>alert("x")</script>&'\u0000`);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#38;&#39;\u{fffd}');
  });

  it('reaches for nothing outside itself', () => {
    const svg = draw([rejected(0, 'no-speech')]);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|<image|<script|href=/);
  });

  it('hatches each stretch without a verdict once and says why', () => {
    const said = [...Array.from({ length: 10 }, (_, index) => rejected(index, 'no-speech')), rejected(10, 'poor-face')];
    const svg = draw(said);
    expect(svg.match(/<title>No verdict: no speech<\/title>/g)).toHaveLength(1);
    expect(svg.match(/<title>No verdict: face too small, turned, blurred or dark<\/title>/g)).toHaveLength(1);
    expect(svg).toContain('no verdict: no speech 6.3 s');
  });

  it('names each line that it draws, in the label’s colour, and those that it leaves out', () => {
    const svg = draw([
      {
        ...rejected(0, 'no-speech'),
        status: 'accepted',
        reason: null,
        labels: ['happiness'],
        probabilities: { happiness: 0.8, surprise: 0.3, fear: 0.01 },
      },
    ]);
    for (const label of ['happiness', 'surprise'] as const) {
      expect(svg).toContain(`stroke="${LABEL_COLOURS[label]}" class="line"`);
      expect(svg).toMatch(new RegExp(`<text[^>]*>${label}</text>`));
    }
    expect(svg).not.toContain(LABEL_COLOURS.fear);
    expect(svg).toContain('below 0.1 throughout: fear');
  });

  it('follows the reader’s light or dark scheme', () => {
    expect(draw([])).toContain('prefers-color-scheme:dark');
  });
});

describe('placing names', () => {
  it('keeps their order and their distance, inside where they fit', () => {
    const wanted = fc.array(fc.integer({ min: 0, max: 240 }), { maxLength: 8 });
    fc.assert(
      fc.property(wanted, (positions) => {
        const placed = spread(positions, { gap: 16, low: 0, high: 240 });
        const inOrder = positions
          .map((want, index) => ({ want, at: placed[index] ?? NaN }))
          .sort((a, b) => a.at - b.at);
        for (const [index, { want, at }] of inOrder.entries()) {
          const before = inOrder[index - 1];
          if (before !== undefined) {
            expect(at - before.at).toBeGreaterThanOrEqual(16);
            expect(want).toBeGreaterThanOrEqual(before.want);
          }
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(240);
        }
      }),
    );
  });
});

describe('folding words', () => {
  it('keeps every word, in lines that fit, or gives up', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 300 }), (parts, widthPx) => {
        const lines = fold(parts.join(' '), widthPx);
        if (lines === null) expect(parts.some((word) => textWidth(word) > widthPx)).toBe(true);
        else {
          expect(lines.join(' ')).toBe(parts.join(' '));
          expect(lines.every((line) => textWidth(line) <= widthPx)).toBe(true);
        }
      }),
    );
  });
});
