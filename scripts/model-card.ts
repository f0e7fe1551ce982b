/**
 * Writes the figures of models/packs/default/README.md: every table is what `undertone evaluate` prints of the pack.
 *
 *     node scripts/run.mjs scripts/model-card.ts --data ../shared/data [--pack models/packs/default]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { markdownTable, writeBetween } from './generated.ts';

const { values } = parseArgs({
  options: { data: { type: 'string' }, pack: { type: 'string', default: 'models/packs/default' } },
});
if (values.data === undefined) throw new Error('--data is missing: give the folder with ferplus/ and speech/');
const DATA = values.data;
const STARTER = 'models/packs/starter';

/** What of `evaluate --json` the card shows. */
interface Evaluated {
  readonly n: number;
  readonly perLabel: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ci: Readonly<Record<string, readonly [number, number] | null>>;
  readonly by?: unknown;
  readonly [figure: string]: unknown;
}

const evaluate = (pack: string, corpus: string, modality: string, ...more: string[]): Evaluated =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        'src/cli.ts',
        'evaluate',
        '--pack',
        pack,
        '--corpus',
        resolve(DATA, corpus),
        '--modality',
        modality,
        '--json',
        ...more,
      ],
      { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  ) as Evaluated;

const FACE = ['ferplus/dev.jsonl', 'face'] as const;
const VOICE = ['speech/ravdess.jsonl', 'voice', '--split', 'dev', '--group', 'speaker'] as const;
const CROSS = [...VOICE, '--cross-fit', 'speaker'] as const;
const runs = {
  face: [evaluate(STARTER, ...FACE), evaluate(values.pack, ...FACE)],
  voice: [evaluate(STARTER, ...VOICE), evaluate(values.pack, ...VOICE)],
  cross: [evaluate(STARTER, ...CROSS), evaluate(values.pack, ...CROSS)],
} as const;

const NAMES = {
  top1: 'top-1',
  uar: 'UAR',
  macroF1: 'macro-F1 of shares, 1/C',
  microF1: 'micro-F1 of shares, 1/C',
  weightedF1: 'weighted F1 of shares, 1/C',
  macroF1Presence: 'macro-F1 of presence',
  eceUncalibrated: 'ECE before calibration',
  ece: 'ECE',
  brier: 'Brier',
  kld: 'KLD, nats',
  jsd: 'JSD, nats',
  coverage: 'coverage',
  acceptedRisk: 'risk of what is accepted',
  acceptedMacroF1: 'macro-F1 of what is accepted',
} as const;
const three = (x: unknown) => (typeof x === 'number' ? x.toFixed(3) : '-');
const withInterval = ({ ci, ...figures }: Evaluated, name: string): string => {
  const interval = ci[name];
  return `${three(figures[name])}${interval ? ` (${three(interval[0])}, ${three(interval[1])})` : ''}`;
};
const comparison = ([other, pack]: readonly [Evaluated, Evaluated], names: readonly string[], called = 'starter') =>
  markdownTable([
    ['', `this pack, n = ${pack.n}`, called],
    ...names.map((name) => [NAMES[name as keyof typeof NAMES], withInterval(pack, name), three(other[name])]),
  ]);
const perLabel = ({ perLabel: labels }: Evaluated) =>
  markdownTable([
    ['label', 'clips', 'F1 of shares', 'precision', 'recall', 'F1 of presence', 'ECE', 'Brier'],
    ...Object.entries(labels).map(([label, figures]) => [
      label,
      String(figures['support'] ?? 0),
      ...['f1', 'precision', 'recall', 'presenceF1', 'ece', 'brier'].map((name) => three(figures[name])),
    ]),
  ]);

/** Pairs of a face of FER+ dev and a voice of actors 19 and 20, by the shared layers and by pooling what each says. */
const both = (): readonly [Evaluated, Evaluated] | null => {
  const { networks, ...rest } = JSON.parse(readFileSync(join(values.pack, 'pack.json'), 'utf8')) as {
    readonly networks: Readonly<Record<string, unknown>>;
  };
  if (!('fusion' in networks)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'undertone-card-'));
  try {
    const pairs = ['--faces', join(DATA, 'ferplus/dev.jsonl'), '--voices', join(DATA, 'speech/ravdess.jsonl')];
    const who = ['--speakers', 'ravdess-19,ravdess-20', '--count', '4000', '--out', join(folder, 'pairs')];
    execFileSync(process.execPath, ['scripts/run.mjs', 'scripts/pair-corpus.ts', ...pairs, ...who]);
    const pooled = join(folder, 'pooled');
    cpSync(values.pack, pooled, { recursive: true });
    const { fusion: _, ...separate } = networks;
    writeFileSync(join(pooled, 'pack.json'), JSON.stringify({ ...rest, networks: separate }));
    const corpus = join(folder, 'pairs/pairs.jsonl');
    return [evaluate(values.pack, corpus, 'av'), evaluate(pooled, corpus, 'av')];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const card = pathToFileURL(join(values.pack, 'README.md'));
const all = Object.keys(NAMES);
writeBetween(card, 'face', `${comparison(runs.face, all)}\n${perLabel(runs.face[1])}`);
writeBetween(card, 'voice', `${comparison(runs.voice, all)}\n${perLabel(runs.voice[1])}`);
const fused = both();
if (fused) {
  const [pack, pooled] = fused;
  writeBetween(card, 'both', comparison([pooled, pack], all, 'pooled'));
}
writeBetween(card, 'voice-cross-fit', comparison(runs.cross, ['ece', 'brier', 'macroF1Presence']));

/** What `--by sex` adds. */
interface Groups {
  readonly groups: Readonly<Record<string, { readonly n: number; readonly macroF1: number }>>;
  readonly [figure: string]: unknown;
}
const { sex } = evaluate(values.pack, ...VOICE, '--by', 'sex').by as { readonly sex: Groups };
writeBetween(
  card,
  'voice-groups',
  markdownTable([
    ['', 'value'],
    ...Object.entries(sex.groups).map(([group, { n, macroF1 }]) => [`macro-F1, ${group}, n = ${n}`, three(macroF1)]),
    ['macro-F1 bias', three(sex['macroF1Bias'])],
    ['demographic parity difference', three(sex['demographicParityDifference'])],
    ['equalized odds difference', three(sex['equalizedOddsDifference'])],
  ]),
);
