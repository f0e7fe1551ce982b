/** The networks of a pack, opened for work on whole corpora: large batches, several threads, no warming. */
import { fileURLToPath } from 'node:url';
import type { Model } from '../../contract.ts';
import type { LoadedPack } from '../../pack.ts';
import { loadPerception } from '../../perception.ts';
import { probeProvider } from '../../provider.ts';
import { type Network, openNetwork, type Provider } from '../../runtime.ts';
import { planRuns } from '../../worker/batching.ts';
import type { BatchedNetwork, Networks } from '../../worker/networks.ts';

/** Rows that one run holds. */
const MAX_ROWS = 64;
const SIZES = Array.from({ length: MAX_ROWS }, (_, i) => i + 1);

const PERCEPTION_DIR = fileURLToPath(new URL('../../perception', import.meta.url));

/** Where and how networks run. */
export interface ScoringOptions {
  /** Default `cpu`. Another is first tried in a process of its own. */
  readonly provider?: Provider;
  /** Threads within one run, CPU only. Default 2. */
  readonly threads?: number;
}

/** What scoring runs. */
export interface ScoringNetworks extends Pick<Networks, 'voice' | 'face' | 'fusion' | 'attributes'> {
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
  { networks }: LoadedPack,
  { provider = 'cpu', threads = 2 }: ScoringOptions = {},
): Promise<ScoringNetworks> {
  await probeProvider(provider, { packDir: dir, perceptionDir: PERCEPTION_DIR });
  const opened: Network[] = [];
  const close = async () => {
    await Promise.all(opened.splice(0).map((network) => network.close()));
  };
  const open = async (model: Model): Promise<BatchedNetwork> => {
    const network = await openNetwork(model, { provider, threads });
    opened.push(network);
    return {
      contract: model.contract,
      run: (feeds, outputs) => network.run(feeds, outputs),
      plan: (n) => planRuns(n, SIZES, 0),
    };
  };
  try {
    const { voice, face, fusion } = networks;
    let detector: Promise<BatchedNetwork> | null = null;
    return {
      voice: await open(voice),
      face: await open(face),
      fusion: fusion && { ...(await open(fusion)), serves: fusion.serves },
      // Labels are scored, which no network of attributes changes.
      attributes: {},
      detector: () => (detector ??= loadPerception(PERCEPTION_DIR).then((perception) => open(perception.detector))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
