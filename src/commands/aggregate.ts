import { readFile } from 'node:fs/promises';
import { cremadVotes } from '../core/aggregation/cremad.ts';
import { lossByRule } from '../core/aggregation/loss.ts';
import { type Tally, tally } from '../core/aggregation/votes.ts';
import { LABELS } from '../core/labels.ts';
import { type Stimulus, STIMULI, type Votes } from '../core/manifest-votes.ts';
import type { Label } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import type { Command } from './command.ts';
import { lossJson, lossLines } from './loss-table.ts';

/** `undertone aggregate`. */
export const aggregate: Command = {
  usage: 'aggregate --votes FILE',
  about: [
    "Tells what each rule that makes a label of raters' votes throws away: the share of clips without a label (data",
    'loss), and the share of ratings that no label carries (rating loss), by what the raters were given. Majority takes',
    'what more than half chose, plurality what most chose unless there is a tie, and the all-inclusive rule every vote.',
  ],
  options: {
    votes: { value: 'FILE', help: "a corpus manifest (.jsonl), or CREMA-D's tabulatedVotes.csv" },
    labels: { value: 'LIST', help: 'labels that count, with commas; what else was chosen is other (default: all)' },
    json: { help: 'print one JSON object, shares from 0 to 1' },
  },
  arguments: 0,
  async run({ text, has }) {
    const file = text('votes');
    if (file === undefined) throw new UndertoneError('config-invalid', '--votes is missing: give a table of votes');
    const labels = readLabels(text('labels'));
    const votes = /\.jsonl$/i.test(file) ? await manifestVotes(file) : cremadVotes(await readTable(file), file);
    const tables = STIMULI.flatMap((stimulus) => {
      const tallies: readonly Tally[] = votes[stimulus].map((clip) => tally(clip, labels));
      return tallies.length === 0 ? [] : [{ stimulus, tallies, losses: lossByRule(tallies) }];
    });
    if (tables.length === 0)
      throw new UndertoneError('corpus-invalid', `${file} has no votes: give a table or a manifest that has some`);
    process.stdout.write(has('json') ? `${JSON.stringify(lossJson(tables))}\n` : lossLines(tables));
    return 0;
  },
};

async function manifestVotes(file: string): Promise<Readonly<Record<Stimulus, readonly Votes[]>>> {
  const { clips } = await readCorpus(file);
  const of = (stimulus: Stimulus) => clips.flatMap(({ votes }) => votes[stimulus] ?? []);
  return { voice: of('voice'), face: of('face'), av: of('av') };
}

async function readTable(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UndertoneError('corpus-invalid', `cannot read '${file}': give --votes a file that is there`, { cause });
  });
}

function readLabels(list: string | undefined): readonly Label[] {
  if (list === undefined) return LABELS;
  const names = list.split(',').map((name) => name.trim());
  const labels = names.flatMap((name) => LABELS.find((label) => label === name) ?? []);
  const odd = names.find((name) => !LABELS.some((label) => label === name));
  if (odd !== undefined)
    throw new UndertoneError('config-invalid', `--labels: '${odd}' is no label: choose from ${LABELS.join(', ')}`);
  if (new Set(labels).size < labels.length)
    throw new UndertoneError('config-invalid', '--labels names a label twice: name each once');
  return labels;
}
