/** The networks of a pack, opened for work on whole corpora: large batches, several threads, no warming. */
import { fileURLToPath } from 'node:url';
import { SAMPLE_RATE_HZ } from '../../../src/core/features.ts';
import type { Model } from '../../contract.ts';
import { findEncoders } from '../../pack-encoders.ts';
import type { LoadedPack } from '../../pack.ts';
import { loadPerception } from '../../perception.ts';
import { probeProvider } from '../../provider.ts';
import { openNetwork, type Provider } from '../../runtime.ts';
import { batchSizesUpTo, CPU_ENCODER_ROWS, planRuns, rowsUpTo } from '../../worker/batching.ts';
import { openFaceEncoder, openVoiceEncoder } from '../../worker/encoders.ts';
import type { BatchedNetwork, Networks } from '../../worker/networks.ts';

/** Rows that one run holds. */
const MAX_ROWS = 64;
const SIZES = Array.from({ length: MAX_ROWS }, (_, i) => i + 1);

const PERCEPTION_DIR = fileURLToPath(new URL('../../perception', import.meta.url));

/** Windows of clips are those of the live monitor's default: 3 s. */
const WINDOW_SAMPLES = 3 * SAMPLE_RATE_HZ;

/** Where and how networks run. */
export interface ScoringOptions {
  /** Default `cpu`. Another is first tried in a process of its own. */
  readonly provider?: Provider;
  /** Threads within one run, CPU only. Default 2. */
  readonly threads?: number;
  /** Folder that holds encoders. Default: they are where the pack says. */
  readonly encoders?: string;
}

/** What scoring runs. */
export interface ScoringNetworks extends Pick<Networks, 'voice' | 'face' | 'fusion' | 'attributes' | 'encoders'> {
  /** The face detector, opened when it is first asked for: only videos need it. */
  detector(): Promise<BatchedNetwork>;
  close(): Promise<void>;
}

/**
 * Open the networks of a pack. Nothing waits for an answer here, so any batch up to 64 rows is run as it comes.
 * @param dir the pack's folder, for the trial of a provider.
 * @throws UndertoneError as `openNetwork` and `probeProvider`; what was opened before is closed again.
 */
export async function openForScoring(
  dir: string,
  { networks, encoders: named }: LoadedPack,
  { provider = 'cpu', threads = 2, encoders: root }: ScoringOptions = {},
): Promise<ScoringNetworks> {
  await probeProvider(provider, {
    packDir: dir,
    perceptionDir: PERCEPTION_DIR,
    ...(root !== undefined && { encoders: root }),
  });
  const { voice: hears, face: sees } = await findEncoders(dir, named, root);
  const opened: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const close = async () => {
    await Promise.all(opened.splice(0).map((network) => network.close()));
  };
  const open = async (model: Model): Promise<BatchedNetwork> => {
    const network = kept(await openNetwork(model, { provider, threads }));
    const sizes = SIZES.slice(0, rowsUpTo(MAX_ROWS, model.contract));
    return {
      contract: model.contract,
      run: (feeds, outputs) => network.run(feeds, outputs),
      plan: (n) => planRuns(n, sizes, 0),
    };
  };
  try {
    const { voice, face, fusion } = networks;
    const runs = { provider, threads, warm: false, sizes: batchSizesUpTo(CPU_ENCODER_ROWS) };
    const heard = hears && kept(await openVoiceEncoder(hears, WINDOW_SAMPLES, runs));
    const seen = sees && kept(await openFaceEncoder(sees, runs));
    let detector: Promise<BatchedNetwork> | null = null;
    return {
      voice: await open(voice),
      face: await open(face),
      fusion: fusion && { ...(await open(fusion)), serves: fusion.serves },
      // Labels are scored, which no network of attributes changes.
      attributes: {},
      encoders: { voice: heard?.encode ?? null, face: seen?.encode ?? null },
      detector: () => (detector ??= loadPerception(PERCEPTION_DIR).then((perception) => open(perception.detector))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
