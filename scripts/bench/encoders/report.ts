/** Measurements as tables. Pure. */
import { markdownTable } from '../../generated.ts';
import { itemsPerSecond, type Measurement, memoryRatio } from './measurement.ts';
import type { Served } from './serve.ts';
import { type Subject, type SubjectName, SUBJECTS } from './subjects.ts';

/** What was measured of an encoder, on each number of threads. */
export interface Measured {
  readonly name: SubjectName;
  readonly measurements: readonly Measurement[];
  /** Of a pack over it and MobileNetV2; null where nothing was served. */
  readonly served: Served | null;
}

const TITLES: Readonly<Record<SubjectName, string>> = {
  'wavlm-large': 'WavLM-large, a window of 3 s',
  'wav2vec2-l-12': 'wav2vec 2.0 large, 12 layers, a window of 3 s',
  mobilenetv2: 'MobileNetV2, a picture of 224 x 224',
};

/** All tables, as Markdown. */
export function benchTables(measured: readonly Measured[]): string {
  return [timeTable(measured), memoryTable(measured), serveTable(measured)].filter((table) => table !== '').join('\n');
}

function timeTable(measured: readonly Measured[]): string {
  const head = [
    'Encoder',
    'Threads, or GPU',
    'Items a run',
    'A run',
    'Items a second',
    'Share of products',
    '... in turns',
    '... of processor time',
    'Goal',
  ];
  const rows = measured.flatMap(({ name, measurements }) =>
    measurements.flatMap(({ threads, provider, precision, batches }) =>
      batches.map((times) => [
        TITLES[name],
        provider === 'cpu' ? threads.toString() : `${provider}, ${precision}`,
        times.batch.toString(),
        milliseconds(times.ms),
        itemsPerSecond(times).toPrecision(3),
        times.share.toFixed(2),
        times.pairedShare.toFixed(2),
        times.cpuShare?.toFixed(2) ?? '',
        provider === 'cpu' ? goalOf(name) : '',
      ]),
    ),
  );
  return markdownTable([head, ...rows]);
}

function memoryTable(measured: readonly Measured[]): string {
  const head = ['Encoder', 'Operations an item', 'Weights', 'Peak memory', '... over the weights', 'Opened in'];
  const rows = measured.flatMap(({ name, measurements: [first] }) => {
    if (!first) return [];
    const { memory, flops, openMs } = first;
    return [
      [
        TITLES[name],
        `${(flops / 1e9).toPrecision(3)} G`,
        mebibytes(memory.weights),
        mebibytes(memory.peak - memory.before),
        memoryRatio(memory).toFixed(2),
        milliseconds(openMs),
      ],
    ];
  });
  return markdownTable([head, ...rows]);
}

/** Each number of participants that was tried on a pack over the encoder and MobileNetV2. */
function serveTable(measured: readonly Measured[]): string {
  const head = ['A pack over MobileNetV2 and', 'Threads', 'Participants', 'p50', 'p95', 'Answered', 'Looks', 'Held'];
  const rows = measured.flatMap(({ name, served }) =>
    (served?.loads ?? []).map(({ participants, p50Ms, p95Ms, answered, looked, held }) => [
      TITLES[name],
      served?.threads.toString() ?? '',
      participants.toString(),
      milliseconds(p50Ms),
      milliseconds(p95Ms),
      answered.toFixed(2),
      looked.toFixed(2),
      held ? 'yes' : 'no',
    ]),
  );
  return rows.length === 0 ? '' : markdownTable([head, ...rows]);
}

function goalOf(name: SubjectName): string {
  const { goal }: Subject = SUBJECTS[name];
  return goal === undefined ? '' : `>= ${goal.toFixed(2)}`;
}

function milliseconds(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
