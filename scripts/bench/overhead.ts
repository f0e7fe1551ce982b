/** What everything around the networks costs: windows through `analyse`, over the bare runs that they make. */
import { loadPack } from '../../models/pack.ts';
import { startInference } from '../../models/pool.ts';
import { openNetwork } from '../../models/runtime.ts';
import { blankFeeds } from '../../models/worker/warming.ts';
import { analyse } from '../../pipelines/analyse.ts';
import type { VoiceFeatures, Window } from '../../src/domain.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import { createTally, silent } from './quiet.ts';
import { quantile } from './statistics.ts';

export interface Overhead {
  readonly windows: number;
  readonly analyseMsPerWindow: number;
  readonly bareMsPerWindow: number;
  /** Median over repetitions of (analyse / bare), each pair measured back to back. */
  readonly ratio: number;
}

const FRAMES = 300;
const BANDS = 64;

/** Windows with voice and face, as many at once as the broker holds; one inference worker, one thread. */
export async function measureOverhead(packDir: string, windows = 256, repetitions = 7): Promise<Overhead> {
  const meter = createTally(['undertone_inference_batch_size']);
  const inference = await startInference({ packDir, meter, log: silent });
  const { networks } = await loadPack(packDir);
  const bare = await openNetwork(networks.voice);
  const fusion = networks.fusion?.serves.includes('both') ? networks.fusion : null;
  const bareFusion = fusion && (await openNetwork(fusion));
  const clock = { now: () => performance.now() };
  const broker = memoryBroker({ capacity: windows, onDiscard: () => undefined, meter });
  const analysis = analyse({ broker, inference, clock, meter, require: 'any' }).subscribe();
  const labels = inference.pack.networks.face.labels.length;
  const faceWidth = Number(networks.fusion?.contract.inputs['face']?.[2] ?? 0);
  const made = Array.from({ length: windows }, (_, seq) => makeWindow(seq, labels, faceWidth));

  const inputs = new Float32Array(windows * FRAMES * BANDS);
  made.forEach(({ voice }, i) => {
    inputs.set(voice.logMel, i * FRAMES * BANDS);
  });

  const through = async (): Promise<number> => {
    meter.reset();
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      let left = windows;
      const stop = broker.onVerdict(() => {
        left -= 1;
        if (left > 0) return;
        stop();
        resolve();
      });
      for (const window of made) broker.publishWindow(window);
    });
    return performance.now() - begun;
  };
  const bareRuns = async (): Promise<number> => {
    // The same inputs in the same batches that the worker ran, on this thread, with nothing around them.
    const batches = meter.observed.get('undertone_inference_batch_size:window') ?? [];
    const fused = batches.map((n) => (fusion ? blankFeeds(fusion.contract, { n, frames: 16 }) : {}));
    const begun = performance.now();
    let at = 0;
    for (const [i, rows] of batches.entries()) {
      const data = inputs.subarray(at * FRAMES * BANDS, (at + rows) * FRAMES * BANDS);
      await bare.run({ logmel: { data, dims: [rows, FRAMES, BANDS] } });
      await bareFusion?.run(fused[i] ?? {});
      at += rows;
    }
    return performance.now() - begun;
  };

  await through();
  await bareRuns();
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < repetitions; i++) pairs.push([await through(), await bareRuns()]);
  analysis.unsubscribe();
  await broker.close();
  await inference.close();
  await bare.close();
  await bareFusion?.close();
  return {
    windows,
    analyseMsPerWindow: quantile(
      pairs.map(([ms]) => ms / windows),
      0.5,
    ),
    bareMsPerWindow: quantile(
      pairs.map(([, ms]) => ms / windows),
      0.5,
    ),
    ratio: quantile(
      pairs.map(([through, bare]) => through / bare),
      0.5,
    ),
  };
}

function makeWindow(seq: number, labels: number, faceWidth: number): Window & { readonly voice: VoiceFeatures } {
  const noise = (n: number, scale: number) => Float32Array.from({ length: n }, () => (Math.random() - 0.5) * scale);
  return {
    room: 'bench',
    participant: 'p',
    seq,
    startMs: seq * 500,
    lengthMs: 3000,
    closedMs: 0,
    deadlineMs: Infinity,
    voice: { logMel: noise(FRAMES * BANDS, 8), frames: FRAMES, bands: BANDS, speechShare: 1 },
    face: {
      embeddings: faceWidth === 0 ? null : noise(15 * faceWidth, 1),
      shareLogits: noise(15 * labels, 4),
      presenceLogits: noise(15 * labels, 4),
      n: 15,
      visibleShare: 1,
    },
    missing: {},
    consented: true,
  };
}
