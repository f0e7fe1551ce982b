/** The whole of Undertone on one file or stream, without a server: decode, window, infer, decide. */
import { concatMap, fromEvent, lastValueFrom, map, of, takeUntil } from 'rxjs';
import { judge } from '../../pipelines/analyse.ts';
import { ingest } from '../../pipelines/ingest.ts';
import { createPending } from '../../pipelines/pending.ts';
import type { Settings } from '../config.ts';
import type { Verdict } from '../domain.ts';
import { systemClock } from '../io/clock.ts';
import { mediaFile } from '../io/ffmpeg.ts';
import type { Inference, Meter } from '../ports.ts';

/** A longer gap between two timestamps is a broken file rather than a pause: its windows are left out, and counted. */
const MAX_GAP_MS = 3_600_000;

interface AnalysisOptions {
  readonly settings: Settings;
  readonly inference: Inference;
  readonly meter: Meter;
  /** Called with each verdict, in order; the decoder waits for it. */
  readonly onVerdict: (verdict: Verdict) => Promise<void>;
  /** Ends the analysis early. */
  readonly signal: AbortSignal;
}

/**
 * Judge every window of a file or stream. Decoding waits for inference, so nothing is skipped however slow the machine
 * is (but see `MAX_GAP_MS`), and memory does not grow; the same file always gives the same verdicts. Times count from the file's start.
 * @throws UndertoneError as `mediaFile` does, and whatever `onVerdict` throws.
 */
export async function analyseMedia(target: string, options: AnalysisOptions): Promise<void> {
  const { settings, inference, meter, onVerdict, signal } = options;
  if (signal.aborted) return;
  const pending = createPending();
  const clock = systemClock();
  const source = mediaFile(target, {
    framesPerSecond: settings.UNDERTONE_FACES_PER_SECOND,
    ffmpeg: settings.UNDERTONE_FFMPEG,
    ready: () => pending.below(1),
  });
  const windows = ingest(source, {
    inference,
    clock,
    meter,
    pending,
    pace: 'file',
    // Whoever starts the analysis of a recording answers for the consent of those in it.
    consent: of(true),
    windows: {
      carriesSound: inference.pack.encoders.voice !== undefined,
      lengthMs: settings.UNDERTONE_WINDOW_MS,
      hopMs: settings.UNDERTONE_HOP_MS,
      graceMs: settings.UNDERTONE_GRACE_MS,
      staleMs: Infinity,
      maxLagMs: MAX_GAP_MS,
      looksPerSecond: settings.UNDERTONE_FACES_PER_SECOND,
    },
  });
  const told = windows.pipe(
    map((window) => pending.track(judge(window, { inference, clock, meter, require: settings.UNDERTONE_REQUIRE }))),
    concatMap((judged) => pending.track(judged.then(({ verdict }) => onVerdict(verdict)))),
    takeUntil(fromEvent(signal, 'abort')),
  );
  await lastValueFrom(told, { defaultValue: undefined });
}
