/** Trains the systems of a configuration and asks each about the clips that are judged on. */
import { join } from 'node:path';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { ask, type FusionRun, type TrainedFusion, trainSystem } from '../../models/toolkit/train/fusion-system.ts';
import { top } from '../../src/core/metrics/top1.ts';
import { poolHeads } from '../../src/core/pooling.ts';
import { softmax } from '../../src/core/probability.ts';
import type { HeadLogits } from '../../src/domain.ts';
import type { EncodedClip } from './clips.ts';
import { score, type Score } from './score.ts';
import { clipSource, standardised, type Subset, windowRows } from './source.ts';

/** What one system scores on one subset of the modalities. */
export interface SystemScore extends Score {
  readonly system: string;
  readonly subset: Subset;
  /** Unweighted average recall on the clips that were learned from. */
  readonly learnedUar: number;
  /** [clips][C], of the clips that were judged on. */
  readonly shares: readonly (readonly number[])[];
}

/** @throws UndertoneError as training does. */
export async function runSystems(
  config: FusionConfig,
  { learned, dev }: { readonly learned: readonly EncodedClip[]; readonly dev: readonly EncodedClip[] },
  run: FusionRun,
): Promise<readonly SystemScore[]> {
  const standardise = standardised(learned);
  const source = clipSource(learned, standardise);
  const all: SystemScore[] = [encoderScore(learned, dev)];
  for (const system of config.systems) {
    const trained = await trainSystem(source, system, config, {
      ...run,
      folder: join(run.folder, `seed-${config.seed}`),
    });
    if (!trained) return all;
    for (const subset of subsetsOf(trained)) {
      const sharesOf = async (clips: readonly EncodedClip[]): Promise<readonly (readonly number[])[]> => {
        const rows = clips.map((clip) => windowRows(clip, standardise, subset));
        const heads = await ask(trained, rows.flat(), config.shape);
        let from = 0;
        return rows.map(({ length }) => sharesOfAll(heads.slice(from, (from += length))));
      };
      const shares = await sharesOf(dev);
      const speakers = dev.map(({ example }) => example.clip.speaker ?? example.clip.id);
      const learnedUar = top(truthOf(learned), await sharesOf(learned)).uar;
      all.push({ system: system.name, subset, ...score(truthOf(dev), shares, speakers), learnedUar, shares });
    }
  }
  return all;
}

/** What the voice encoder's own heads score: the better of both voices is what fusing has to beat. */
function encoderScore(learned: readonly EncodedClip[], dev: readonly EncodedClip[]): SystemScore {
  const sharesOf = (clips: readonly EncodedClip[]) => clips.map(({ heard }) => sharesOfAll(heard));
  const shares = sharesOf(dev);
  const speakers = dev.map(({ example }) => example.clip.speaker ?? example.clip.id);
  const learnedUar = top(truthOf(learned), sharesOf(learned)).uar;
  return { system: 'encoder', subset: 'voice', ...score(truthOf(dev), shares, speakers), learnedUar, shares };
}

function truthOf(clips: readonly EncodedClip[]) {
  return clips.map(({ example }) => example.target.shares);
}

function sharesOfAll(heads: readonly HeadLogits[]): number[] {
  const flat = (part: keyof HeadLogits) => Float32Array.from(heads.flatMap((head) => [...head[part]]));
  const both = { shareLogits: flat('shareLogits'), presenceLogits: flat('presenceLogits') };
  return softmax(poolHeads(both, heads.length).shareLogits);
}

function subsetsOf({ contract }: TrainedFusion): readonly Subset[] {
  if (!('voice' in contract.inputs)) return ['face'];
  return 'face' in contract.inputs ? ['both', 'voice', 'face'] : ['voice'];
}
