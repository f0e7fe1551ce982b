import fc from 'fast-check';
import { expect, test } from 'vitest';
import { examplesOf, holdBack } from '../../../../models/toolkit/train/examples.ts';
import { parseManifest } from '../../../../src/core/manifest.ts';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 60 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const lots = (items: readonly string[], part: number, seed = 7) =>
  holdBack(items, (name) => name, { share: part, seed });

test('every clip is learned from or held back, in the order it came', () => {
  fc.assert(
    fc.property(names, share, (items, part) => {
      const { learned, heldBack } = lots(items, part);
      const held = new Set(heldBack);
      expect(learned).toEqual(items.filter((item) => !held.has(item)));
      expect(heldBack).toEqual(items.filter((item) => held.has(item)));
    }),
  );
});

test("a clip's lot does not depend on which others there are, nor on their order", () => {
  fc.assert(
    fc.property(names, names, share, (items, others, part) => {
      const held = new Set(lots(items, part).heldBack);
      const mixed = [...others.filter((name) => !items.includes(name)), ...items.toReversed()];
      const among = new Set(lots(mixed, part).heldBack);
      for (const item of items) expect(among.has(item)).toBe(held.has(item));
    }),
  );
});

test('a larger share holds back the same clips and more; 0 holds back none, 1 all', () => {
  fc.assert(
    fc.property(names, share, share, (items, a, b) => {
      const more = new Set(lots(items, Math.max(a, b)).heldBack);
      expect(lots(items, Math.min(a, b)).heldBack.every((item) => more.has(item))).toBe(true);
      expect(lots(items, 0).heldBack).toEqual([]);
      expect(lots(items, 1).learned).toEqual([]);
    }),
  );
});

test('clips of one name, such as a speaker, share their lot', () => {
  const clips = Array.from({ length: 60 }, (_, i) => ({ id: i, speaker: `s${i % 6}` }));
  const { learned, heldBack } = holdBack(clips, ({ speaker }) => speaker, { share: 0.5, seed: 1 });
  const spoken = new Set(learned.map(({ speaker }) => speaker));
  expect(heldBack.some(({ speaker }) => spoken.has(speaker))).toBe(false);
});

test('about the share is held back, and another seed holds back others', () => {
  const items = Array.from({ length: 4000 }, (_, i) => `clip-${i}`);
  const held = lots(items, 0.08).heldBack;
  expect(held.length / items.length).toBeCloseTo(0.08, 1);
  expect(lots(items, 0.08, 8).heldBack).not.toEqual(held);
});

test('targets are shares of the votes for the labels; clips without such a vote are counted', () => {
  const { clips } = parseManifest(
    [
      '{"id":"a","votes":{"face":{"anger":3,"fear":1,"other":4}}}',
      '{"id":"b","votes":{"voice":{"anger":3}}}',
      '{"id":"c","votes":{"face":{"contempt":2}}}',
    ].join('\n'),
    'm.jsonl',
  );
  const { examples, unlabelled } = examplesOf(clips, 'face', ['anger', 'fear']);
  expect(unlabelled).toBe(2);
  expect(examples.map(({ target }) => target)).toEqual([{ shares: [0.75, 0.25], present: [1, 0], votes: 4 }]);
});
