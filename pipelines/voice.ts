/** Sound of one participant into features of its windows: log-mel at once, speech probability from the network. */
import { Observable, Subject, ignoreElements, tap } from 'rxjs';
import type { PcmChunk } from '../src/domain.ts';
import type { Inference, Meter, SpeechState } from '../src/ports.ts';
import { HOP_MS, HOP_SAMPLES, SAMPLE_RATE_HZ, logMel } from '../src/core/features.ts';
import { place } from '../src/core/sound-line.ts';
import type { SoundLine } from '../src/core/sound-line.ts';
import type { Windows } from '../src/core/windows.ts';
import { freshest } from './freshest.ts';
import type { Pending } from './pending.ts';

/** Samples that voice activity detection looks at: 32 ms. */
const BLOCK_SAMPLES = 512;
const BLOCK_MS = (BLOCK_SAMPLES / SAMPLE_RATE_HZ) * 1000;
/** Blocks that are sent together: 96 ms, a third of the messages for a lag that no window waits for. */
const BLOCKS = 3;
/** Sound that may wait while the network is busy; beyond it the oldest is dropped and counted. */
const MAX_WAITING_MS = 1000;

/** Consecutive sound that waits for voice activity detection. */
interface SpeechRun {
  readonly startMs: number;
  readonly samples: Float32Array;
}

/** What listening needs. */
export interface VoiceDeps {
  readonly inference: Pick<Inference, 'detectSpeech'>;
  readonly meter: Meter;
  readonly pending: Pending;
}

/** Feed `windows` from `sound`; emits nothing, completes when the sound has and all of it is in. */
export function hearVoice(sound: Observable<PcmChunk>, windows: Windows, deps: VoiceDeps): Observable<never> {
  return new Observable<never>((subscriber) => {
    const runs = new Subject<SpeechRun>();
    let line: SoundLine = null;
    let tail: Float32Array = new Float32Array(0);
    let tailMs = 0;
    let block: SpeechRun = { startMs: 0, samples: new Float32Array(0) };

    const hear = (chunk: PcmChunk): void => {
      windows.putSound(chunk);
      const [next, placed] = place(line, chunk);
      line = next;
      if (placed === null) return;
      if (placed.fresh) {
        tail = new Float32Array(0);
        tailMs = placed.startMs;
        block = { startMs: placed.startMs, samples: new Float32Array(0) };
      }
      const begun = performance.now();
      const step = logMel(tail, placed.samples);
      deps.meter.observe('undertone_stage_seconds', (performance.now() - begun) / 1000, { stage: 'features' });
      windows.putFrames(tailMs, step.frames);
      tailMs += ((tail.length + placed.samples.length - step.tail.length) / HOP_SAMPLES) * HOP_MS;
      tail = step.tail;

      block = join(block, placed.samples);
      const whole = Math.floor(block.samples.length / (BLOCKS * BLOCK_SAMPLES)) * BLOCKS * BLOCK_SAMPLES;
      if (whole === 0) return;
      runs.next({ startMs: block.startMs, samples: block.samples.slice(0, whole) });
      block = { startMs: block.startMs + toMs(whole), samples: block.samples.slice(whole) };
    };

    const detect = speechDetector(deps);
    const speech = runs.pipe(
      freshest((run) => deps.pending.track(detect(run)), { merge: joinWaiting(deps.meter) }),
      tap((activity) => {
        if (activity !== null) windows.putSpeech(activity.startMs, BLOCK_MS, activity.probabilities);
      }),
      ignoreElements(),
    );
    const subscription = speech.subscribe(subscriber);
    subscription.add(
      sound.subscribe({
        next: hear,
        error: (error: unknown) => {
          runs.error(error);
        },
        complete: () => {
          runs.complete();
        },
      }),
    );
    return subscription;
  });
}

/** Voice activity, call by call, with the recurrent state carried on; a failed call starts afresh and gives null. */
function speechDetector({ inference, meter }: VoiceDeps) {
  let state: SpeechState | null = null;
  return async ({ startMs, samples }: SpeechRun) => {
    try {
      const activity = await inference.detectSpeech(samples, state);
      state = activity.state;
      return { startMs, probabilities: activity.probabilities };
    } catch {
      state = null;
      meter.count('undertone_discarded_total', { queue: 'speech', reason: 'inference-failed' });
      return null;
    }
  };
}

/** Sound that continues what waits is joined to it, up to a bound; sound that does not replaces it. */
function joinWaiting(meter: Meter) {
  const maxSamples = (MAX_WAITING_MS * SAMPLE_RATE_HZ) / 1000;
  return (waiting: SpeechRun, newer: SpeechRun): SpeechRun => {
    const continues = Math.abs(waiting.startMs + toMs(waiting.samples.length) - newer.startMs) < 1;
    if (continues && waiting.samples.length + newer.samples.length <= maxSamples) return join(waiting, newer.samples);
    meter.count('undertone_discarded_total', { queue: 'speech', reason: 'overload' });
    return newer;
  };
}

function join(run: SpeechRun, samples: Float32Array): SpeechRun {
  const all = new Float32Array(run.samples.length + samples.length);
  all.set(run.samples);
  all.set(samples, run.samples.length);
  return { startMs: run.startMs, samples: all };
}

function toMs(samples: number): number {
  return (samples * 1000) / SAMPLE_RATE_HZ;
}
