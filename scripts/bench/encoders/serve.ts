/** How many participants a pack over full-size encoders holds at one decision a second, through the product's inference. */
import { setTimeout as wait } from 'node:timers/promises';
import { startInference } from '../../../models/pool.ts';
import type { Provider } from '../../../models/runtime.ts';
import type { FaceFeatures, Window } from '../../../src/domain.ts';
import type { Inference } from '../../../src/ports.ts';
import { decodeClip, type DecodedClip } from '../clip.ts';
import { silent, createTally } from '../quiet.ts';
import { quantile } from '../statistics.ts';
import { noise } from './products.ts';
import { WINDOW_SAMPLES } from './subjects.ts';

/** What a process is to serve. */
export interface ServeTask {
  readonly packDir: string;
  readonly provider: Provider;
  /** Within one run of an encoder, on a CPU. */
  readonly threads: number;
  /** Numbers of participants to try, ascending; it stops after the first that are not held. */
  readonly participants: readonly number[];
  /** Time for which each number is measured, after as long a start. */
  readonly seconds: number;
}

/** What was served to so many. */
export interface ServedLoad {
  readonly participants: number;
  /** From a window asked to its answer, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Windows answered, over those due. */
  readonly answered: number;
  /** Looks answered, over those due; a look is left out while the one before it is not answered. */
  readonly looked: number;
  readonly held: boolean;
}

/** What was served. */
export interface Served extends Pick<ServeTask, 'threads' | 'provider'> {
  readonly loads: readonly ServedLoad[];
  /** Most participants that were held; 0 where even one was not. */
  readonly held: number;
}

const LOOK_MS = 200;
const LOOKS_OF_A_SECOND = 5;
const LOOKS_OF_A_WINDOW = 15;
/** A window's answer comes before the next window of the same participant. */
const MOST_MS = 1000;
/** Blocks of voice activity in a second of sound, and samples of each. */
const [BLOCKS, BLOCK_SAMPLES] = [31, 512] as const;

/**
 * Try each number of participants. Each has a window of 3 s (sound, 15 looks) judged every second, a second of sound heard for
 * speech, and five pictures of 640 x 480 looked at; they do not go in step.
 * @param turn hears of each number that was tried.
 * @throws UndertoneError as `startInference`.
 */
export async function serve(
  { packDir, provider, threads, participants, seconds }: ServeTask,
  turn: () => void,
): Promise<Served> {
  const clip = await decodeClip();
  const inference = await startInference({
    packDir,
    providers: [provider],
    required: provider !== 'cpu',
    encoderThreads: threads,
    meter: createTally(),
    log: silent,
  });
  const loads: ServedLoad[] = [];
  try {
    const window = await makeWindow(inference, clip);
    for (const n of participants) {
      await underLoad(inference, clip, window, { n, seconds });
      const load = await underLoad(inference, clip, window, { n, seconds });
      loads.push(load);
      turn();
      if (!load.held) break;
    }
  } finally {
    await inference.close();
  }
  const held = Math.max(0, ...loads.filter((load) => load.held).map((load) => load.participants));
  return { threads, provider, loads, held };
}

type Asked = Pick<Window, 'voice' | 'face'>;

/** A window whose looks are those of the clip. */
async function makeWindow(inference: Inference, { frames }: DecodedClip): Promise<Asked> {
  const looks: Float32Array[] = [];
  for (const frame of frames.slice(0, LOOKS_OF_A_WINDOW)) {
    const [face] = await inference.detectFaces({ ...frame, data: frame.data.slice() });
    if (face?.encoding?.embedding) looks.push(face.encoding.embedding);
  }
  const [first = new Float32Array(0)] = looks;
  const embeddings = new Float32Array(LOOKS_OF_A_WINDOW * first.length);
  for (let i = 0; i < LOOKS_OF_A_WINDOW; i++) embeddings.set(looks[i % looks.length] ?? first, i * first.length);
  const none = new Float32Array(0);
  const face: FaceFeatures = {
    embeddings,
    shareLogits: none,
    presenceLogits: none,
    n: LOOKS_OF_A_WINDOW,
    visibleShare: 1,
  };
  const samples = noise([WINDOW_SAMPLES]).data;
  return { voice: { logMel: none, frames: 300, bands: 64, speechShare: 1, samples }, face };
}

async function underLoad(
  inference: Inference,
  { frames }: DecodedClip,
  window: Asked,
  { n, seconds }: { readonly n: number; readonly seconds: number },
): Promise<ServedLoad> {
  const latencies: number[] = [];
  let [looks, tries] = [0, 0];
  const beginMs = performance.now();
  const participant = async (offsetMs: number): Promise<void> => {
    const asked: Promise<void>[] = [];
    let looking = false;
    for (let tick = 0; tick < seconds * LOOKS_OF_A_SECOND; tick++) {
      await wait(Math.max(0, beginMs + offsetMs + tick * LOOK_MS - performance.now()));
      tries += 1;
      const frame = frames[tick % frames.length];
      if (!looking && frame) {
        looking = true;
        const seen = inference.detectFaces({ ...frame, data: frame.data.slice() });
        void seen.then(
          () => ((looks += 1), (looking = false)),
          () => (looking = false),
        );
      }
      if (tick % LOOKS_OF_A_SECOND > 0) continue;
      const askedMs = performance.now();
      asked.push(
        inference.infer(window).then(
          () => void latencies.push(performance.now() - askedMs),
          () => undefined,
        ),
        inference.detectSpeech(new Float32Array(BLOCKS * BLOCK_SAMPLES), null).then(
          () => undefined,
          () => undefined,
        ),
      );
    }
    await Promise.all(asked);
  };
  await Promise.all(Array.from({ length: n }, (_, i) => participant((i * 1000) / n)));
  const [p50Ms, p95Ms] = [quantile(latencies, 0.5), quantile(latencies, 0.95)];
  const answered = latencies.length / (n * seconds);
  return { participants: n, p50Ms, p95Ms, answered, looked: looks / tries, held: answered > 0.98 && p95Ms < MOST_MS };
}
