/** What packs say of a corpus' clips, beside what raters said. */
import type { Answer } from '../../models/calls.ts';
import { clipRow, type ClipRow, labelsOf } from '../../models/toolkit/score/opinion.ts';
import type { ClipMedia } from '../../models/toolkit/score/clip-windows.ts';
import type { Scorer } from '../../models/toolkit/score/scorer.ts';
import { targetOf } from '../../models/toolkit/train/examples.ts';
import type { Clip, Stimulus } from '../core/manifest.ts';
import type { Label, Logits } from '../domain.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';
import { counted, progress } from './progress.ts';

/** One clip as raters and packs saw it. */
export interface ScoredClip {
  readonly clip: Clip;
  /** Shares of raters over the labels; sums to 1. */
  readonly truth: readonly number[];
  /** What each pack says, in the order of the packs. */
  readonly rows: readonly ClipRow[];
}

/** A corpus that was scored. */
export interface ScoredCorpus {
  /** What the packs were given. */
  readonly modality: Stimulus;
  readonly labels: readonly Label[];
  /** In the corpus' order; at least one. */
  readonly scored: readonly ScoredClip[];
  /** Clips without a vote for the labels. */
  readonly unlabelled: number;
  /** Clips that cannot be judged; each was told of. */
  readonly failed: number;
}

/** How a corpus is scored. */
export interface ScoringOptions {
  /** What is given to the pack, and whose votes count. */
  readonly modality: Stimulus;
  /** Whose votes count, and for whose labels, where that is not what the pack is given. Default `modality`. */
  readonly votes?: Stimulus;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  /** Told of what cannot be judged, and of clips without votes. */
  readonly tell: (line: string) => void;
  /** False asks each modality's own heads where the pack has shared layers. Default true. */
  readonly fused?: boolean;
}

/** Clips that are decoded and judged together. */
const CLIPS_AT_ONCE = 64;

/**
 * Score every clip that has votes. A clip's media is read once for all packs.
 * @param scorers at least one; all speak of the same labels.
 * @throws UndertoneError `corpus-invalid` where no clip can be scored; `bad-media` for a broken shard; what `signal` was
 * aborted with.
 */
export async function scoreCorpus(
  corpus: Corpus,
  scorers: readonly [Scorer, ...Scorer[]],
  options: ScoringOptions,
): Promise<ScoredCorpus> {
  const { modality, votes = modality, ffmpeg, signal, tell, fused = true } = options;
  const labels = labelsOf(scorers[0].pack, votes, fused);
  const voted = corpus.clips.flatMap((clip) => {
    const target = targetOf(clip, votes, labels);
    return target ? [{ clip, truth: target.shares }] : [];
  });
  const unlabelled = corpus.clips.length - voted.length;
  const about = `vote of raters given ${STIMULUS_WORDS[votes]} for the pack's labels ('votes.${votes}')`;
  if (voted.length === 0)
    throw new UndertoneError('corpus-invalid', `no clip of ${corpus.file} has a ${about}: use a corpus that has some`);
  if (unlabelled > 0) tell(`${unlabelled} of ${corpus.clips.length} clips have no ${about}: they are left out`);

  const readable = voted.filter(({ clip }) => missingMedia(clip, modality) === null);
  if (readable.length === 0)
    throw new UndertoneError(
      'corpus-invalid',
      `no clip of ${corpus.file} with votes for ${votes} has ${missingMedia(voted[0]?.clip, modality) ?? 'media'}: ` +
        `give one with media of that kind, or choose another --modality`,
    );
  const clips = readable.map(({ clip }) => clip);
  const media = await openMedia({ ...corpus, clips }, { kinds: kindsOf(modality, clips), ffmpeg });
  const bar = progress({
    stream: process.stderr,
    doing: `scoring ${modality}`,
    total: voted.length,
    tell: counted(voted.length),
    now: () => performance.now(),
  });
  let failed = 0;
  const fail = ({ id, line }: Clip, why: string) => {
    failed++;
    bar.line(`undertone: failed: ${id} (line ${line}): ${why}`);
  };
  const scored: ScoredClip[] = [];
  try {
    for (let start = 0; start < voted.length; start += CLIPS_AT_ONCE) {
      signal.throwIfAborted();
      bar.update(start);
      const some = voted.slice(start, start + CLIPS_AT_ONCE);
      const read = await Promise.all(some.map(({ clip }) => readClip(clip, modality, media)));
      const good = some.flatMap((one, i) => {
        const answer = read[i];
        if (answer !== undefined && 'sound' in answer) return [{ ...one, media: answer }];
        fail(one.clip, answer?.why ?? 'it was not read');
        return [];
      });
      // Between two packs nothing is awaited but networks, so their order changes nothing.
      const said: (readonly Answer<Logits>[])[] = [];
      for (const scorer of scorers) said.push(await scorer.score(good.map((one) => one.media)));
      good.forEach(({ clip, truth }, i) => {
        const rows: ClipRow[] = [];
        for (const [s, scorer] of scorers.entries()) {
          const answer = said[s]?.[i];
          if (answer?.ok === true) rows.push(clipRow(answer.value, scorer.pack, labels));
          else return fail(clip, answer?.message ?? 'it was not answered');
        }
        scored.push({ clip, truth, rows });
      });
      // Lets a signal in: networks run on this thread.
      await new Promise((resolve) => setImmediate(resolve));
    }
    signal.throwIfAborted();
  } finally {
    bar.end();
    await media.close();
  }
  if (scored.length === 0)
    throw new UndertoneError(
      'corpus-invalid',
      `none of the ${failed} clips of ${corpus.file} with votes for ${votes} can be judged: mend what is listed above`,
    );
  return { modality, labels, scored, unlabelled, failed };
}

/** What raters were given, in words. */
const STIMULUS_WORDS: Readonly<Record<Stimulus, string>> = {
  voice: 'the voice',
  face: 'the face',
  av: 'voice and face',
};

/** What kind of media a clip would need; null where it has it. */
export function missingMedia(clip: Clip | undefined, modality: Stimulus): string | null {
  const { audio, image, video } = clip?.media ?? {};
  if (modality !== 'face' && !audio && !video) return "sound ('media.audio' or 'media.video')";
  if (modality !== 'voice' && !image && !video) return "picture ('media.image' or 'media.video')";
  return null;
}

function kindsOf(modality: Stimulus, clips: readonly Clip[]): readonly (keyof Clip['media'])[] {
  const own = modality === 'voice' ? (['audio'] as const) : modality === 'face' ? (['image'] as const) : null;
  const kinds = own ?? (['audio', 'image'] as const);
  const hasAll = clips.every(({ media }) => kinds.every((kind) => media[kind]));
  return hasAll ? kinds : [...kinds, 'video'];
}

/** A clip's media, or why there is none. An ffmpeg that is not installed is no clip's fault. */
async function readClip(clip: Clip, modality: Stimulus, media: Media): Promise<ClipMedia | { readonly why: string }> {
  const missing = missingMedia(clip, modality);
  if (missing !== null) return { why: `it has no ${missing}` };
  const { audio, image, video } = clip.media;
  const heard = modality === 'face' ? undefined : (audio ?? video);
  const seen = modality === 'voice' ? undefined : image;
  const filmed = modality === 'voice' || seen ? undefined : video;
  try {
    const [sound, crop, frames] = await Promise.all([
      heard ? media.audio(heard) : null,
      seen ? media.image(seen) : null,
      filmed ? media.frames(filmed) : null,
    ]);
    return { sound, face: crop ? { crop } : frames ? { frames } : null };
  } catch (thrown) {
    const error = asUndertoneError(thrown, 'bad-media');
    if (error.code !== 'bad-media') throw error;
    return { why: error.message };
  }
}
