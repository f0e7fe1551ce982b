import { inspectPack, type PackDescription, type ReferenceDescription } from '../../models/toolkit/inspect.ts';
import { calibrationWords } from '../core/figures/report-tables.ts';
import type { Modality, PackDecision } from '../domain.ts';
import { aligned, type Command } from './command.ts';
import { columns } from './evaluation-output.ts';
import { hereOrInProject } from './project.ts';
import { ruleWords } from './reject-output.ts';
import { SCORING_OPTIONS } from './scoring-options.ts';

/** `undertone inspect`. */
export const inspect: Command = {
  usage: 'inspect PACK',
  about: [
    'Verifies a pack (schema, hashes, shapes of its networks) and tells what it is: networks with their sizes, encoders and',
    'whether they are found, labels, calibration and thresholds, the decision rule, what it knows as its own kind of voice',
    'and face (docs/drift.md), where it is from, and how its model card begins.',
  ],
  options: { encoders: SCORING_OPTIONS.encoders, json: { help: 'print one JSON object' } },
  arguments: 1,
  async run({ positionals: [dir = ''], text, has }) {
    const pack = await inspectPack(hereOrInProject(dir), text('encoders'));
    process.stdout.write(has('json') ? `${JSON.stringify(pack)}\n` : packLines(pack));
    return 0;
  },
};

function packLines(pack: PackDescription): string {
  const {
    name,
    version,
    format,
    licence,
    labels,
    networks,
    attributes,
    encoders,
    bytes,
    decision,
    references,
    provenance,
    card,
  } = pack;
  const all = Object.entries(networks);
  const scoring = Object.entries(attributes);
  const calibrations = all.flatMap(([network, { calibration }]) =>
    Object.entries(calibration).map(([of, byLabel]) => [network === of ? of : `${network}, ${of}`, byLabel] as const),
  );
  return [
    `${name}@${version}, format ${format}, ${licence}; every hash and shape was checked`,
    '',
    ...columns([
      ['network', 'parameters', 'bytes', 'labels', 'file'],
      ...all.map(([network, of]) => [
        network,
        grouped(of.parameters),
        grouped(of.bytes),
        String(of.labels.length),
        of.file,
      ]),
      ...scoring.map(([modality, of]) => [
        `${modality}'s attributes`,
        grouped(of.parameters),
        grouped(of.bytes),
        '',
        of.file,
      ]),
      ['all', '', grouped(bytes), String(labels.length), ''],
    ]),
    ...all.map(([network, { sha256 }]) => `  ${network.padEnd(7)} sha256 ${sha256}`),
    ...(Object.values(encoders).length > 0 ? ['', ...encoderLines(encoders)] : []),
    '',
    ...columns([
      ['label', ...calibrations.map(([of]) => of), 'threshold'],
      ...labels.map((label) => [
        label,
        ...calibrations.map(([, byLabel]) => calibrationWords(byLabel[label])),
        String(decision.thresholds[label] ?? ''),
      ]),
    ]),
    ...ruleLines(decision).map((line) => `  ${line}`),
    ...(['voice', 'face'] as const).flatMap((modality) => referenceLines(modality, references[modality])),
    ...scoring.map(
      ([modality, { labels, interval, encoder, sha256 }]) =>
        `  ${modality}'s attributes: labels ${labels}, intervals of ${100 * interval.level} %, encoder ${encoder.slice(0, 12)}, ` +
        `sha256 ${sha256}`,
    ),
    '',
    ...aligned(Object.entries(provenance)),
    ...(card.length > 0 ? ['', ...card] : []),
    '',
  ].join('\n');
}

/** What stands before the networks, and whether it is found. */
function encoderLines(encoders: PackDescription['encoders']): readonly string[] {
  const all = Object.entries(encoders);
  return [
    ...columns([
      ['encoder', 'of', 'kind', 'gives', 'folder'],
      ...all.map(([modality, { source, kind, width, layers, side, folder }]) => [
        modality,
        source,
        kind,
        layers
          ? `${layers.length} x ${width} (layers ${ranges(layers)})`
          : `${width}, from pictures of ${side ?? 0} pixels a side`,
        folder,
      ]),
    ]),
    ...all.map(([modality, { sha256 }]) => `  ${modality.padEnd(7)} sha256 ${sha256}`),
    ...all.map(([modality, { dir, problem }]) =>
      problem === null
        ? `  ${modality.padEnd(7)} is there, in ${dir}`
        : `  ${modality.padEnd(7)} cannot serve: ${problem}`,
    ),
  ];
}

/** 0, 1, 2, 5 as '0-2, 5'. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const n of numbers) {
    const last = runs.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

/** The decision rule in words. */
function ruleLines({ minTopProbability, reject = {} }: PackDecision): readonly string[] {
  const rules = (['voice', 'face', 'both'] as const).flatMap((subset) => {
    const rule = reject[subset];
    return rule ? ruleWords(subset, rule) : [];
  });
  const otherwise = rules.length > 0 ? 'otherwise ' : '';
  return [...rules, `${otherwise}a clip is rejected where its most probable label is under ${minTopProbability}`];
}

/** What is out of distribution, in words. */
function referenceLines(modality: Modality, reference: ReferenceDescription | undefined): readonly string[] {
  if (!reference) return [`  no ${modality} is out of distribution: the pack has no reference for it`];
  const { file, statistics, embedding, fittedOn } = reference;
  const { names } = statistics;
  return [
    `  a ${modality} is out of distribution where its squared distance is above ${statistics.bound.toFixed(1)} over ` +
      `${names.length} statistics, or above ${embedding.bound.toFixed(1)} over ${embedding.numbers} numbers of the embedding (${file})`,
    ...(fittedOn === undefined ? [] : [`    fitted on ${fittedOn}`]),
    ...names.map((name, i) => `    ${i === 0 ? 'statistics: ' : '            '}${name}`),
  ];
}

function grouped(n: number): string {
  return n.toLocaleString('en-GB');
}
