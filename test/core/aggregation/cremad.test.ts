import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cremadVotes } from '../../../src/core/aggregation/cremad.ts';
import { lossByRule } from '../../../src/core/aggregation/loss.ts';
import { tally } from '../../../src/core/aggregation/votes.ts';
import { parseCsv } from '../../../src/core/csv.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { STIMULI } from '../../../src/core/manifest-votes.ts';

const HEADER = '"","A","D","F","H","N","S","fileName","numResponses"';
const row = (change: Readonly<Record<number, string>>) =>
  ['100001', '0', '0', '0', '1', '10', '0', 'clip', '11'].map((cell, i) => change[i] ?? cell).join(',');
const read = (...rows: readonly string[]) => cremadVotes([HEADER, ...rows].join('\n'), 'votes.csv');
const refusal = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'corpus-invalid', message: expect.stringMatching(message) as string });

describe('cremadVotes', () => {
  it("tells the stimulus by the row number's first digit", () => {
    const votes = read(row({}), row({ 0: '"300001"' }), row({ 0: '200001', 1: '2', 4: '0', 8: '12' }));
    expect(votes).toEqual({
      voice: [{ happiness: 1, neutral: 10 }],
      face: [{ anger: 2, neutral: 10 }],
      av: [{ happiness: 1, neutral: 10 }],
    });
  });

  it('needs nothing but the row number and the votes, in any order', () => {
    const table = 'S,N,H,F,D,A,\n1,0,0,0,0,2,100001\n';
    expect(cremadVotes(table, 'votes.csv').voice).toEqual([{ anger: 2, sadness: 1 }]);
  });

  it.each([
    [row({ 1: '-1' }), /^votes\.csv, line 3: column 'A' has '-1': votes are whole numbers from 0 up/],
    [row({ 6: '0.5' }), /column 'S' has '0\.5'/],
    [row({ 4: '' }), /column 'H' has ''/],
    [row({ 5: '1e1' }), /column 'N' has '1e1'/],
    [row({ 4: '0', 5: '0', 8: '0' }), /line 3: all votes are 0: leave out clips that nobody rated/],
    [row({ 8: '12' }), /column 'numResponses' has '12' where the votes sum to 11: mend the row/],
    [row({ 0: '400001' }), /column '' has '400001': a row number begins with 1 \(voice\), 2 \(face\) or 3 \(both\)/],
    [row({ 0: 'x' }), /column '' has 'x'/],
    [row({ 0: '100009' }), /row number 100009 stands twice: remove one/],
    [`${row({})},3`, /line 3: 10 values where the header names 9/],
  ])('refuses %j', (bad, said) => {
    expect(() => read(row({ 0: '100009' }), bad)).toThrow(refusal(said));
  });

  it('refuses a column that it does not know, for it may be votes, and names one that is missing', () => {
    expect(() => cremadVotes(HEADER.replace('fileName', 'C'), 'votes.csv')).toThrow(
      refusal(/^votes\.csv, line 1: column 'C' is not known in a table of votes: remove it/),
    );
    expect(() => cremadVotes(HEADER.replace('"F",', ''), 'votes.csv')).toThrow(
      refusal(/line 1: column 'F' is missing: a table has "", A, D, F, H, N and S/),
    );
  });
});

const path = new URL('../../../../shared/data/cremad/tabulatedVotes.csv', import.meta.url);

describe.skipIf(!existsSync(path))('CREMA-D (skipped without ../shared)', () => {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const losses = () => {
    const votes = cremadVotes(text, 'tabulatedVotes.csv');
    return STIMULI.map((stimulus) => lossByRule(votes[stimulus].map((clip) => tally(clip, LABELS))));
  };

  // Counted by a few lines of Python that share nothing with this project.
  it('has the losses that were counted elsewhere', () => {
    const none = { dataLoss: 0, ratingLoss: 0 };
    expect(losses()).toEqual([
      {
        majority: { dataLoss: 2430 / 7442, ratingLoss: 34_448 / 68_568 },
        plurality: { dataLoss: 644 / 7442, ratingLoss: 27_051 / 68_568 },
        allInclusive: none,
      },
      {
        majority: { dataLoss: 1919 / 7442, ratingLoss: 29_328 / 71_654 },
        plurality: { dataLoss: 470 / 7442, ratingLoss: 23_041 / 71_654 },
        allInclusive: none,
      },
      {
        majority: { dataLoss: 1529 / 7442, ratingLoss: 26_055 / 71_778 },
        plurality: { dataLoss: 420 / 7442, ratingLoss: 21_169 / 71_778 },
        allInclusive: none,
      },
    ]);
  });

  it("agrees with the table's own columns: what won, and how many agreed", () => {
    const { columns, rows } = parseCsv(text, 'tabulatedVotes.csv');
    const [won, agreed] = [columns.indexOf('emoVote'), columns.indexOf('agreement')];
    const found = losses();
    STIMULI.forEach((stimulus, i) => {
      const clips = rows.filter(({ cells }) => cells[0]?.startsWith(String(i + 1)));
      const lost = (isLost: (cells: readonly string[]) => boolean) =>
        clips.filter(({ cells }) => isLost(cells)).length / clips.length;
      expect({ stimulus, ...found[i] }).toMatchObject({
        stimulus,
        majority: { dataLoss: lost((cells) => Number(cells[agreed]) <= 0.5) },
        plurality: { dataLoss: lost((cells) => cells[won]?.includes(':') === true) },
      });
    });
  });
});
