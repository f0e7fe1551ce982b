import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LABELS } from '../../../src/core/labels.ts';
import { parseManifest } from '../../../src/core/manifest.ts';
import { votesOf } from '../../../src/core/review/distribution.ts';
import { annotationsIn, manifestLine } from '../../../src/core/review/manifest-line.ts';
import { answer, reviewedItem } from './answers.ts';

const score = fc.double({ min: -1, max: 1, noNaN: true });
const answers = fc
  .array(
    fc.record({
      labels: fc.subarray([...LABELS]),
      informed: fc.boolean(),
      attributes: fc.option(fc.record({ valence: score, arousal: score })),
    }),
    { maxLength: 6 },
  )
  .map((given) =>
    given.map(({ labels, informed, attributes }, at) =>
      answer(`r${at.toString()}`, labels.length === 0 ? 'cannot-tell' : labels, { informed, attributes }),
    ),
  );

test('whatever was answered is a corpus that says the same votes, and loses no answer', () => {
  fc.assert(
    fc.property(fc.array(answers, { minLength: 1, maxLength: 5 }), (each) => {
      const items = each.map((given, at) => reviewedItem({ id: `i${at.toString()}`, packProbabilities: {} }, given));
      const lines = items.map((item) => JSON.stringify(manifestLine(item)));
      const { clips } = parseManifest(lines.join('\n'), 'export.jsonl');
      expect(clips.map(({ votes }) => votes.face ?? {})).toEqual(items.map(({ annotations }) => votesOf(annotations)));
      const held = lines.map((line) => annotationsIn(JSON.parse(line)));
      // JSON has one zero.
      const plain: unknown = JSON.parse(JSON.stringify(items.map(({ annotations }) => annotations)));
      expect(held).toEqual(plain);
    }),
  );
});
