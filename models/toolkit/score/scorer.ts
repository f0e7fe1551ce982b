/** What a pack says of recorded clips, by the code that judges live windows. */
import type { HeadLogits, Logits, ModelPack } from '../../../src/domain.ts';
import type { Answer, WindowRequest } from '../../calls.ts';
import { loadPack } from '../../pack.ts';
import { headsOf, type Heads } from '../../worker/heads.ts';
import { windowCalls } from '../../worker/windows.ts';
import { failed, type ClipMedia, windowsOf } from './clip-windows.ts';
import { cropLooks, joined, type Look, videoLooks } from './looks.ts';
import { openForScoring, type ScoringOptions } from './networks.ts';

/** Log-mel frames of a window that an encoder hears: 3 s. */
const WINDOW_FRAMES = 300;

/** A pack that scores clips. */
export interface Scorer {
  readonly pack: ModelPack;
  /**
   * What the networks say of each clip, over all of it, in order. A clip that cannot be judged (too short a sound, a video
   * without a face, numbers that are not finite) is answered with why.
   * @throws UndertoneError `inference-failed` when a network fails as a whole.
   */
  score(clips: readonly ClipMedia[]): Promise<readonly Answer<Logits>[]>;
  close(): Promise<void>;
}

/** How a pack scores. */
export interface ScorerOptions extends ScoringOptions {
  /** Whether the shared layers speak where the pack has them. Default true; false asks each modality's own heads. */
  readonly fused?: boolean;
}

/**
 * Open a pack for scoring. Windows of a voice are 3 s long, every 0.5 s; a clip's answer is the mean of its windows' log-shares
 * and of their presence logits (`poolHeads`), so it does not depend on the other clips that are asked about.
 * @param dir the pack's folder.
 * @throws UndertoneError `pack-invalid`; `inference-failed` when the provider cannot take a network.
 * @example
 * const scorer = await openScorer('models/packs/starter');
 * const [answer] = await scorer.score([{ sound, face: null }]);
 * if (answer?.ok) predict(answer.value, scorer.pack)?.shares.anger;
 */
export async function openScorer(dir: string, options: ScorerOptions = {}): Promise<Scorer> {
  const loaded = await loadPack(dir);
  const networks = await openForScoring(dir, loaded, options);
  const asked = options.fused === false ? { ...networks, fusion: null } : networks;
  const [voiceHeads, faceHeads] = [headsOf(networks.voice.contract, 'voice'), headsOf(networks.face.contract, 'face')];
  const fusedHeads = networks.fusion && headsOf(networks.fusion.contract, 'fusion');
  const length = Number(networks.voice.contract.inputs['logmel']?.[1] ?? WINDOW_FRAMES);
  const lookAt = cropLooks(asked);
  const lookThrough = videoLooks(asked);
  const judge = windowCalls(asked);

  /** The looks of each clip, all crops in one run. */
  const looksOf = async (clips: readonly ClipMedia[]): Promise<readonly Answer<readonly Look[]>[]> => {
    const crops = clips.flatMap(({ face }) => (face && 'crop' in face ? [face.crop] : []));
    const encoded = (await lookAt(crops)).values();
    const looks: Answer<readonly Look[]>[] = [];
    for (const { face } of clips) {
      if (face && 'frames' in face) looks.push({ ok: true, value: await lookThrough(face.frames) });
      else if (face === null) looks.push({ ok: true, value: [] });
      else {
        const look = encoded.next().value;
        looks.push(look?.ok === true ? { ok: true, value: [look.value] } : (look ?? failed('it was not encoded')));
      }
    }
    return looks;
  };

  return {
    pack: loaded.pack,
    async score(clips) {
      const looks = await looksOf(clips);
      const cut = clips.map((clip, i): Answer<readonly WindowRequest[]> => {
        const seen = looks[i] ?? failed('it was not looked at');
        return seen.ok ? windowsOf(clip, seen.value, length) : seen;
      });
      const answers = (await judge(cut.flatMap((windows) => (windows.ok ? windows.value : [])))).values();
      return cut.map((windows): Answer<Logits> => {
        if (!windows.ok) return windows;
        const said: Logits[] = [];
        let bad: Answer<Logits> | null = null;
        // One answer a window.
        for (const _window of windows.value) {
          const answer = answers.next().value;
          if (answer?.ok === true) said.push(answer.value);
          else bad ??= answer ?? failed('a window has no answer');
        }
        return bad ?? { ok: true, value: pooled(said, { voice: voiceHeads, face: faceHeads, fusion: fusedHeads }) };
      });
    },
    close: () => networks.close(),
  };
}

interface AllHeads {
  readonly voice: Heads;
  readonly face: Heads;
  readonly fusion: Heads | null;
}

/** Windows of one clip as one. Where some lack a modality that is out of distribution, those that most are like speak. */
function pooled(all: readonly Logits[], { voice, face, fusion }: AllHeads): Logits {
  const windows = mostAlike(all);
  const over = (heads: Heads, pick: (window: Logits) => HeadLogits | null): HeadLogits | null => {
    const rows = windows.flatMap((window) => pick(window) ?? []);
    if (rows.length === 0) return null;
    const both = {
      shareLogits: joined(rows.map(({ shareLogits }) => shareLogits)),
      presenceLogits: joined(rows.map(({ presenceLogits }) => presenceLogits)),
    };
    return heads.pool(both, rows.length);
  };
  const subset = windows.find((window) => window.fusion)?.fusion?.subset;
  const fused = fusion && over(fusion, (window) => window.fusion);
  return {
    voice: over(voice, (window) => window.voice),
    face: over(face, (window) => window.face),
    fusion: fused && subset !== undefined ? { subset, ...fused } : null,
    ...meanDistances(windows),
  };
}

/** Windows that were judged by the same modalities, as most of them were. */
function mostAlike(windows: readonly Logits[]): readonly Logits[] {
  const kinds = Map.groupBy(windows, ({ voice, face }) => `${voice !== null} ${face !== null}`);
  return [...kinds.values()].reduce((most, some) => (some.length > most.length ? some : most), []);
}

function meanDistances(windows: readonly Logits[]): Pick<Logits, 'distances'> {
  const means = (['voice', 'face'] as const).flatMap((modality) => {
    const known = windows.flatMap(({ distances }) => distances?.[modality] ?? []);
    return known.length > 0 ? [[modality, known.reduce((sum, x) => sum + x, 0) / known.length] as const] : [];
  });
  return means.length > 0 ? { distances: Object.fromEntries(means) } : {};
}
