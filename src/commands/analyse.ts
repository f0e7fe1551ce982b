import { resolve } from 'node:path';
import { LABEL_COLOURS } from '../../clients/colours.ts';
import { REASON_WORDS } from '../../clients/words.ts';
import { startInference } from '../../models/pool.ts';
import { readSettings, type Settings } from '../config.ts';
import { createTimeline } from '../core/timeline.ts';
import { timelineSvg } from '../core/timeline-svg.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import { glanceAtMedia } from '../io/ffmpeg-probe.ts';
import type { Log } from '../ports.ts';
import { verdict as wireVerdict } from '../protocol.ts';
import { encoderOptions } from '../server/encoders.ts';
import { analyseMedia } from './analysis.ts';
import type { Command, Invocation } from './command.ts';
import { discardCounter } from './discards.ts';
import { partFile } from './part-file.ts';
import { clock, mediaPace, progress } from './progress.ts';
import { hereOrInProject } from './project.ts';
import { summaryJson, summaryLines } from './summary.ts';

/** Where nobody knows how long it is, and there is no terminal: a line of progress for every so much media. */
const PLAIN_STEP_MS = 60_000;

/** How much longer than its media a file may say it is without a word, ms: containers round. */
const UNTOLD_MS = 1000;

/** `undertone analyse`. */
export const analyse: Command = {
  usage: 'analyse FILE|URL',
  about: [
    'Judges every window of a sound or video file, or of an rtsp, rtmp or http (HLS) stream until it ends.',
    'Writes a line of JSON per window and draws a picture of them all. Times count from the start, in ms.',
    'Analyse only people who agreed to it; some uses are banned by law (README.md).',
  ],
  options: {
    out: { value: 'FILE', help: 'where the verdicts go (default: verdicts.jsonl)' },
    svg: { value: 'FILE', help: 'where the picture goes (default: beside the verdicts, .svg)' },
    pack: { value: 'DIR', help: 'folder of the model pack (default: UNDERTONE_PACK)' },
    'window-ms': { value: 'MS', help: 'length of a window, 1000 to 3000 (default: UNDERTONE_WINDOW_MS)' },
    'hop-ms': { value: 'MS', help: 'distance between two window starts (default: UNDERTONE_HOP_MS)' },
    json: { help: 'close with the summary as one JSON object' },
  },
  arguments: 1,
  run: analyseFile,
};

async function analyseFile({ positionals: [target = ''], text, has, env, signal }: Invocation): Promise<number> {
  const settings = settingsWith(env, { windowMs: text('window-ms'), hopMs: text('hop-ms'), pack: text('pack') });
  const outPath = text('out') ?? 'verdicts.jsonl';
  const svgPath = text('svg') ?? `${outPath.replace(/\.jsonl?$/, '')}.svg`;
  if (new Set([target, outPath, svgPath].map((path) => resolve(path))).size < 3)
    throw new UndertoneError('config-invalid', 'the input, --out and --svg must be three different files');

  const { shown, durationMs: totalMs } = await glanceAtMedia(target, { ffmpeg: settings.UNDERTONE_FFMPEG, signal });
  const verdicts = await partFile(outPath, '--out');
  const svg = await partFile(svgPath, '--svg').catch(async (error: unknown) => {
    await verdicts.abandon();
    throw error;
  });
  const timeline = createTimeline({ hopMs: settings.UNDERTONE_HOP_MS });
  const meter = discardCounter();
  let endMs = 0;
  try {
    const inference = await startInference({
      packDir: settings.UNDERTONE_PACK,
      providers: settings.UNDERTONE_PROVIDERS,
      required: settings.UNDERTONE_PROVIDERS_REQUIRED,
      workers: settings.UNDERTONE_INFERENCE_WORKERS,
      ...encoderOptions(settings),
      meter,
      log: stderrLog,
    });
    const bar = progress({
      stream: process.stderr,
      doing: 'analysing',
      total: totalMs,
      tell: mediaPace(totalMs),
      plainStep: PLAIN_STEP_MS,
      now: () => performance.now(),
    });
    const pack = `${inference.pack.name}@${inference.pack.version}`;
    try {
      await analyseMedia(target, {
        settings,
        inference,
        meter,
        signal,
        async onVerdict(verdict) {
          // Through the protocol's own schema: a line is what a client would get, fields in the same order.
          await verdicts.write(`${JSON.stringify(wireVerdict.parse(verdict))}\n`);
          timeline.add(verdict);
          endMs = verdict.endMs;
          bar.update(endMs);
        },
      });
    } finally {
      await inference.close();
      bar.end();
    }
    if (signal.aborted) return 1;
    const restMs = Math.max(0, (totalMs ?? 0) - endMs);
    // Less than a hop is left after the last window, unless there is less media than the file says.
    timeline.end(endMs + Math.min(restMs, settings.UNDERTONE_HOP_MS));
    if (restMs > settings.UNDERTONE_HOP_MS + UNTOLD_MS)
      process.stderr.write(
        `undertone: ${shown} says that it lasts ${clock(totalMs ?? 0)}, but its media ends at ${clock(endMs)}: is it cut off?\n`,
      );
    await svg.write(
      timelineSvg(timeline, {
        title: shown.split('/').at(-1) ?? shown,
        subtitle: `Pack ${pack}.`,
        colours: LABEL_COLOURS,
        words: REASON_WORDS,
      }),
    );
    await svg.finish();
    await verdicts.finish();
    const summary = { totals: timeline.totals(), discarded: meter.discarded(), outPath, svgPath, pack };
    process.stdout.write(has('json') ? `${JSON.stringify(summaryJson(summary))}\n` : summaryLines(summary));
    return 0;
  } finally {
    await svg.abandon();
    if (await verdicts.abandon())
      process.stderr.write(`the verdicts on the first ${clock(endMs)} of ${shown} are in ${verdicts.partPath}\n`);
  }
}

interface Given {
  readonly windowMs: string | undefined;
  readonly hopMs: string | undefined;
  readonly pack: string | undefined;
}

/** Settings with what the command line says in place of the environment; a fault is told by the option's name. */
function settingsWith(env: Invocation['env'], { windowMs, hopMs, pack }: Given): Settings {
  const given = {
    ...(windowMs !== undefined && { UNDERTONE_WINDOW_MS: windowMs }),
    ...(hopMs !== undefined && { UNDERTONE_HOP_MS: hopMs }),
  };
  try {
    const settings = readSettings({ ...env, ...given });
    return {
      ...settings,
      UNDERTONE_PACK: pack === undefined ? hereOrInProject(settings.UNDERTONE_PACK) : resolve(pack),
    };
  } catch (thrown) {
    const { code, message, cause } = asUndertoneError(thrown);
    const named = Object.keys(given).reduce(
      (told, key) => told.replaceAll(key, `--${key.slice('UNDERTONE_'.length).toLowerCase().replace('_', '-')}`),
      message,
    );
    throw new UndertoneError(code, named, { cause });
  }
}

const stderrLog: Log = {
  info: () => undefined,
  warn: tell,
  error: tell,
};

/** With the reason, where one is given: a provider that does not work says why. */
function tell({ reason }: Readonly<Record<string, unknown>>, message: string): void {
  process.stderr.write(`undertone: ${message}${typeof reason === 'string' ? `: ${reason}` : ''}\n`);
}
