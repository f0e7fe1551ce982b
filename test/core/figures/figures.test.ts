import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionMatrix } from '../../../src/core/figures/confusion-matrix.ts';
import { type Drawing, svgFile, svgInline } from '../../../src/core/figures/drawing.ts';
import { labelBars } from '../../../src/core/figures/label-bars.ts';
import { pooledBins, reliabilityDiagram } from '../../../src/core/figures/reliability-diagram.ts';
import { riskCoverageCurve } from '../../../src/core/figures/risk-coverage-curve.ts';
import { type ReliabilityBin, reliability } from '../../../src/core/metrics/ece.ts';
import { expectWellFormed } from '../well-formed.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const words = fc.string({ unit: 'binary' });

/** Bins of clips with these probabilities and presences. */
const bins: fc.Arbitrary<readonly ReliabilityBin[]> = fc
  .array(fc.tuple(share, fc.constantFrom(0, 1)), { minLength: 1, maxLength: 40 })
  .map(
    (clips) =>
      reliability(
        clips.map(([, y]) => [y]),
        clips.map(([p]) => [p]),
      )[0] ?? [],
  );

const drawings: fc.Arbitrary<Drawing> = fc.oneof(
  fc
    .tuple(bins, bins, words)
    .map(([before, after, title]) =>
      reliabilityDiagram({ before, after }, { title, ece: { before: 0.1, after: 0.01 } }),
    ),
  fc
    .integer({ min: 0, max: 8 })
    .chain((n) => {
      const row = fc.array(fc.nat(500), { minLength: n, maxLength: n });
      return fc.tuple(fc.array(row, { minLength: n, maxLength: n }), fc.array(words, { minLength: n, maxLength: n }));
    })
    .map(([counts, labels]) => confusionMatrix(counts, { labels })),
  fc.array(fc.tuple(words, fc.option(share), fc.option(fc.tuple(share, share))), { maxLength: 8 }).map((bars) =>
    labelBars(
      bars.map(([label, value, ends]) => ({
        label,
        value,
        colour: '#0072b2',
        ...(ends === null ? {} : { interval: [Math.min(...ends), Math.max(...ends)] as const }),
      })),
      { title: 'F1', subtitle: 'by label' },
    ),
  ),
  fc
    .tuple(
      fc.array(fc.record({ coverage: share, risk: share })),
      fc.option(fc.record({ coverage: share, risk: share })),
    )
    .map(([points, chosen]) => riskCoverageCurve(points, { chosen })),
);

describe('every figure', () => {
  it('is well formed and has no impossible coordinate, whatever it shows and whatever things are called', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        expectWellFormed(svgFile(drawing));
        expectWellFormed(svgInline(drawing));
      }),
      { numRuns: 300 },
    );
  });

  it('has a name and a description, and reaches for nothing outside itself', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const svg = svgFile(drawing);
        expect(svg).toMatch(/^<svg [^>]*role="img"><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
        expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/@import|<image|<script|href=|url\(/);
      }),
    );
  });

  it('brings its own light and dark scheme as a file, and takes the page’s inside one', () => {
    const drawing = riskCoverageCurve([], { chosen: null });
    expect(svgFile(drawing)).toContain('prefers-color-scheme:dark');
    expect(svgInline(drawing)).not.toContain('<style');
  });
});

describe('a reliability diagram', () => {
  const [before = [], after = []] = [
    reliability([[1], [0], [1], [0]], [[0.99], [0.9], [0.95], [0.8]]),
    reliability([[1], [0], [1], [0]], [[0.6], [0.55], [0.58], [0.52]]),
  ].map(([label]) => label ?? []);

  it('draws a dot for each bin that has clips, with its numbers', () => {
    const { content } = reliabilityDiagram({ before, after }, { title: 'fear', ece: { before: 0.41, after: 0.0625 } });
    expect(content.match(/<title>before: /g)).toHaveLength(before.filter(({ clips }) => clips > 0).length);
    expect(content.match(/<title>calibrated: /g)).toHaveLength(after.filter(({ clips }) => clips > 0).length);
    expect(content).toContain('before, ECE 0.410');
    expect(content).toContain('calibrated, ECE 0.063');
  });

  it('pools labels without losing a clip or moving a mean', () => {
    const pooled = pooledBins([before, after]);
    for (const [i, bin] of pooled.entries()) {
      const [one, other] = [before[i], after[i]];
      expect(bin.clips).toBe((one?.clips ?? 0) + (other?.clips ?? 0));
      const right = (one?.clips ?? 0) * (one?.accuracy ?? 0) + (other?.clips ?? 0) * (other?.accuracy ?? 0);
      expect(bin.clips * (bin.accuracy ?? 0)).toBeCloseTo(right, 9);
    }
  });
});

describe('a confusion matrix', () => {
  it('says each cell’s share of its row, and how many clips that is', () => {
    const { content, description } = confusionMatrix(
      [
        [30, 10],
        [0, 5],
      ],
      { labels: ['neutral', 'fear'] },
    );
    expect(content).toContain('<title>raters neutral, predicted fear: 10 of 40</title>');
    expect(content).toMatch(/>75<\/text>.*>25<\/text>.*>40<\/text>.*>100<\/text>.*>5<\/text>/s);
    expect(description).toContain('35 of 45 on the diagonal. neutral: 75 % recalled, fear: 100 % recalled.');
  });
});

describe('bars of labels', () => {
  it('say a value with its interval, and a dash where there is none', () => {
    const { content } = labelBars(
      [
        { label: 'fear', value: 0.412, interval: [0.35, 0.47], colour: '#cc79a7' },
        { label: 'contempt', value: null, colour: '#8c6d31' },
      ],
      { title: 'F1', subtitle: 'of shares' },
    );
    expect(content).toContain('<title>fear 0.412, 95 % 0.350 to 0.470</title>');
    expect(content).toMatch(/>contempt<\/text><text[^>]*>–<\/text>/);
  });
});

describe('a curve of risk by coverage', () => {
  it('marks what the pack chose, in words too', () => {
    const points = [
      { coverage: 0.5, risk: 0.02 },
      { coverage: 1, risk: 0.2 },
    ];
    const { content, description } = riskCoverageCurve(points, { chosen: { coverage: 0.8, risk: 0.1 } });
    expect(content).toContain('chosen: 80 % judged, risk 0.100');
    expect(description).toContain('Risk 0.200 at coverage 1.00.');
    expect(riskCoverageCurve(points, { chosen: null }).description).toContain('The pack judges none.');
  });
});
