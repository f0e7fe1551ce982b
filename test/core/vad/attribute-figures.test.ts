import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeCurves } from '../../../src/core/figures/attribute-curves.ts';
import { svgFile } from '../../../src/core/figures/drawing.ts';
import { concordance } from '../../../src/core/metrics/concordance.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { attributeFigures, type JudgedAttribute } from '../../../src/core/vad/attribute-figures.ts';

const options = { random: randomStream(1, 'intervals'), resamples: 200 };

/** Predictions whose error grows with what they say of it. */
function told(seed: number, clips = 400): JudgedAttribute {
  const random = randomStream(seed, 'clips');
  const truth = Array.from({ length: clips }, () => 2 * random() - 1);
  const uncertainty = truth.map(() => random());
  const consensus = truth.map((y, i) => y + 0.8 * (uncertainty[i] ?? 0) * gaussian(random));
  return {
    truth,
    consensus,
    uncertainty,
    low: consensus.map((x, i) => x - 2 * (uncertainty[i] ?? 0)),
    high: consensus.map((x, i) => x + 2 * (uncertainty[i] ?? 0)),
  };
}

describe('figures of attributes', () => {
  test('begin every curve with the agreement of all clips, whoever orders them', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const [valence, arousal] = [told(a, 40), told(b, 40)];
        const figures = attributeFigures({ valence, arousal }, { ...options, resamples: 2 });
        expect(Object.keys(figures)).toEqual(['valence', 'arousal']);
        for (const curve of Object.values(figures.valence?.curves ?? {}))
          expect(curve[0]).toMatchObject({
            coverage: 1,
            ccc: expect.closeTo(concordance(valence.truth, valence.consensus), 9) as number,
          });
      }),
      { numRuns: 20 },
    );
  });

  test('show a gain, with its interval, where uncertainty tells of errors, and none where it is noise', () => {
    const honest = told(5);
    const blind = { ...honest, uncertainty: told(9).uncertainty };
    const { valence, arousal } = attributeFigures({ valence: honest, arousal: blind }, options);
    expect(valence?.accepted.coverage).toBeCloseTo(0.6, 2);
    expect(valence?.accepted.gainInterval?.[0]).toBeGreaterThan(0);
    expect(valence?.accepted.rmse).toBeLessThan(valence?.rmse ?? 0);
    expect(arousal?.accepted.gainInterval?.[0]).toBeLessThan(0);
    // Transfer: the honest order serves the other attribute, which has the same errors.
    expect(arousal?.curves.valence?.at(-1)?.ccc).toBeGreaterThan(arousal?.curves.arousal?.at(-1)?.ccc ?? 1);
    expect(valence?.interval?.inside).toBeGreaterThan(0.95);
  });

  test('are drawn, a panel an attribute', () => {
    const svg = svgFile(attributeCurves(attributeFigures({ valence: told(1), dominance: told(2) }, options)));
    expect(svg).toContain('>valence</text>');
    expect(svg.match(/>own<\/text>/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });
});
