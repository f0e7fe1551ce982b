/** CREMA-D's table of votes: how many raters chose each of six emotions, for each clip by voice, face and both. */
import type { Label } from '../../domain.ts';
import { type CsvRow, invalid, parseCsv } from '../csv.ts';
import type { Stimulus, Votes } from '../manifest-votes.ts';

/** What the columns count. */
const CHOICES: readonly (readonly [column: string, label: Label])[] = [
  ['A', 'anger'],
  ['D', 'disgust'],
  ['F', 'fear'],
  ['H', 'happiness'],
  ['N', 'neutral'],
  ['S', 'sadness'],
];

/** The column of row numbers has no name in its file. */
const ROW_NUMBER = '';
const TOTAL = 'numResponses';

/** Columns that say nothing of how the votes fell. Any other might be votes that would be lost, so it is an error. */
const UNUSED = /^(fileName|agreement|emoVote|(mean|median)\w*Resp(Norm)?)$/;

const STIMULUS_OF_DIGIT: Readonly<Record<string, Stimulus>> = { 1: 'voice', 2: 'face', 3: 'av' };

/**
 * Read `tabulatedVotes.csv`. The first digit of the row number tells what the raters were given: 1 the voice, 2 the
 * face, 3 both.
 *
 * @param text whole file.
 * @param file its name, for errors.
 * @returns the votes of each clip, by stimulus, in the file's order.
 * @throws UndertoneError `corpus-invalid` that names file, line and column: what `parseCsv` refuses; an unknown or a
 * missing column; a row number that tells no stimulus or stands twice; votes that are not whole numbers from 0 up, that
 * are all 0, or that do not sum to `numResponses` where the table has it.
 * @example cremadVotes(await readFile(path, 'utf8'), path).voice[0]; // { happiness: 1, neutral: 10 }
 */
export function cremadVotes(text: string, file: string): Readonly<Record<Stimulus, readonly Votes[]>> {
  const { columns, rows } = parseCsv(text, file);
  const known = [ROW_NUMBER, TOTAL, ...CHOICES.map(([column]) => column)];
  const unknown = columns.find((name) => !known.includes(name) && !UNUSED.test(name));
  if (unknown !== undefined) throw invalid(file, 1, `column '${unknown}' is not known in a table of votes: remove it`);
  const missing = known.find((name) => name !== TOTAL && !columns.includes(name));
  if (missing !== undefined)
    throw invalid(file, 1, `column '${missing}' is missing: a table has "", A, D, F, H, N and S`);

  const at = new Map(columns.map((name, i) => [name, i]));
  const cell = ({ cells }: CsvRow, column: string) => cells[at.get(column) ?? -1] ?? '';
  const seen = new Set<string>();
  const votes: Record<Stimulus, Votes[]> = { voice: [], face: [], av: [] };
  for (const row of rows) {
    const refuse = (what: string) => invalid(file, row.line, what);
    const number = cell(row, ROW_NUMBER);
    const stimulus = /^\d{2,}$/.test(number) ? STIMULUS_OF_DIGIT[number.charAt(0)] : undefined;
    if (stimulus === undefined)
      throw refuse(`column '' has '${number}': a row number begins with 1 (voice), 2 (face) or 3 (both)`);
    if (seen.has(number)) throw refuse(`row number ${number} stands twice: remove one`);
    seen.add(number);
    const counts = CHOICES.map(([column, label]) => {
      const written = cell(row, column);
      if (!/^\d{1,15}$/.test(written))
        throw refuse(`column '${column}' has '${written}': votes are whole numbers from 0 up`);
      return [label, Number(written)] as const;
    });
    const [sum, total] = [counts.reduce((all, [, count]) => all + count, 0), cell(row, TOTAL)];
    if (sum === 0) throw refuse('all votes are 0: leave out clips that nobody rated');
    if (at.has(TOTAL) && String(sum) !== total)
      throw refuse(`column '${TOTAL}' has '${total}' where the votes sum to ${sum}: mend the row`);
    votes[stimulus].push(Object.fromEntries(counts.filter(([, count]) => count > 0)));
  }
  return votes;
}
