/**
 * The corpus manifest (docs/corpus.md): JSON Lines, one clip a line, labelled by votes. Nothing here reads a file.
 */
import {
  elements,
  entries,
  type Field,
  fieldError,
  keysOf,
  manifestError,
  type ManifestPlace,
  numberIn,
  shown,
  text,
} from './manifest-fields.ts';
import { type MediaRef, readMediaRef } from './manifest-media.ts';
import {
  agreedVotes,
  DIMENSIONS,
  type Rating,
  readRatings,
  readVotes,
  type Scale,
  type VotesByStimulus,
} from './manifest-votes.ts';
import { UndertoneError } from '../errors.ts';

export type { MediaRef } from './manifest-media.ts';
export type { Rating, Scale, Stimulus, VotesByStimulus } from './manifest-votes.ts';

/** One clip: what was recorded, who says what about it. */
export interface Clip {
  readonly id: string;
  /** Where it stands in its manifest; counts from 1. */
  readonly line: number;
  readonly split?: string;
  readonly speaker?: string;
  /** As the corpus names it; BCP 47 where it can. */
  readonly language?: string;
  readonly media: { readonly audio?: MediaRef; readonly image?: MediaRef; readonly video?: MediaRef };
  /** Empty for a clip that nobody has voted on. */
  readonly votes: VotesByStimulus;
  readonly ratings: readonly Rating[];
  /** Each rater's score on the corpus' scale. */
  readonly attributes?: Readonly<Partial<Record<(typeof DIMENSIONS)[number], readonly number[]>>>;
  readonly demographics: Readonly<Record<string, string | number>>;
}

/** A manifest that was read whole. */
export interface Manifest {
  /** Lowest and highest score of valence, arousal and dominance. */
  readonly scale: Scale;
  /** In the order of the manifest; at least one, each `id` once. */
  readonly clips: readonly Clip[];
  /** Lines that say the same clip again, word for word; they are passed over. */
  readonly repeatedLines: readonly number[];
}

const DEFAULT_SCALE: Scale = [1, 7];
const TEXTS = ['split', 'speaker', 'language'] as const;
const MEDIA = ['audio', 'image', 'video'] as const;

/**
 * Read a manifest. A byte order mark, CRLF and blank lines are passed over; unknown keys are ignored.
 * @param file its name, for errors.
 * @throws UndertoneError `corpus-invalid`, naming file, line, key and remedy, for the first line that is broken, an `id`
 *   that two clips have, or a manifest without clips.
 * @example parseManifest('{"id":"a","votes":{"face":{"fear":3}}}', 'a.jsonl').clips[0]?.votes.face?.fear // 3
 */
export function parseManifest(manifest: string, file: string): Manifest {
  let scale: Scale | null = null;
  const byId = new Map<string, Clip>();
  const repeatedLines: number[] = [];
  for (const [index, line] of manifest
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const place = { file, line: index + 1 };
    const parsed = parseManifestLine(line, place, scale ?? DEFAULT_SCALE);
    if ('scale' in parsed) {
      if (scale !== null || byId.size > 0)
        throw manifestError(place, 'corpus', 'stands below the first line: move it to the top, and have it once');
      scale = parsed.scale;
      continue;
    }
    const before = byId.get(parsed.id);
    if (before === undefined) byId.set(parsed.id, parsed);
    else if (isSame(before, parsed)) repeatedLines.push(place.line);
    else
      throw manifestError(
        place,
        'id',
        `is ${shown(parsed.id)} as on line ${before.line}, which says otherwise: give each clip an id of its own`,
      );
  }
  if (byId.size === 0)
    throw new UndertoneError('corpus-invalid', `${file} has no clips: write one JSON object a line, with an 'id'`);
  return { scale: scale ?? DEFAULT_SCALE, clips: [...byId.values()], repeatedLines };
}

/**
 * Read one line: a clip, or the manifest's own settings (`{"corpus":{"scale":[1,5]}}`).
 * @throws UndertoneError `corpus-invalid`, naming file, line, key and remedy.
 */
export function parseManifestLine(
  line: string,
  place: ManifestPlace,
  scale: Scale = DEFAULT_SCALE,
): Clip | { readonly scale: Scale } {
  const top: Field = { place, key: '', value: parseJson(line, place) };
  const given = keysOf(top, ['id', 'corpus', ...TEXTS, 'media', 'votes', 'ratings', 'attributes', 'demographics']);
  if (given.corpus !== undefined && given.id === undefined) return { scale: readScale(given.corpus) };
  const id = text(given.id ?? { place, key: 'id', value: undefined });
  const ratings = given.ratings === undefined ? [] : readRatings(given.ratings, scale);
  const counted = given.votes === undefined ? {} : readVotes(given.votes);
  const texts = TEXTS.flatMap((name) => (given[name] === undefined ? [] : [[name, text(given[name])] as const]));
  return {
    id,
    line: place.line,
    ...Object.fromEntries(texts),
    media: given.media === undefined ? {} : readMedia(given.media),
    votes: agreedVotes(counted, ratings, top),
    ratings,
    ...(given.attributes === undefined ? {} : { attributes: readAttributes(given.attributes, scale) }),
    demographics: given.demographics === undefined ? {} : readDemographics(given.demographics),
  };
}

function parseJson(line: string, place: ManifestPlace): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    // The engine's own line number is always 1 here, and would be taken for the manifest's.
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/ \(line .*\)/, '');
    throw manifestError(place, '', `is not JSON (${why}): write one whole JSON object on the line`, cause);
  }
}

/** Both were read by the same code, so their keys are in the same order. */
function isSame(one: Clip, other: Clip): boolean {
  return JSON.stringify({ ...one, line: 0 }) === JSON.stringify({ ...other, line: 0 });
}

function readScale(field: Field): Scale {
  const given = keysOf(field, ['scale']).scale;
  if (given === undefined) return DEFAULT_SCALE;
  const [low, high, ...more] = elements(given).map(({ value }) => value);
  if (typeof low === 'number' && typeof high === 'number' && low < high && Number.isFinite(high - low) && !more.length)
    return [low, high];
  throw fieldError(given, 'is no scale: write the lowest and the highest score, [1, 7]');
}

function readMedia(field: Field): Clip['media'] {
  const given = keysOf(field, MEDIA);
  return Object.fromEntries(
    MEDIA.flatMap((kind) => (given[kind] === undefined ? [] : [[kind, readMediaRef(given[kind])]])),
  );
}

function readAttributes(field: Field, scale: Scale): NonNullable<Clip['attributes']> {
  const given = keysOf(field, DIMENSIONS);
  return Object.fromEntries(
    DIMENSIONS.flatMap((dimension) =>
      given[dimension] === undefined
        ? []
        : [[dimension, elements(given[dimension]).map((score) => numberIn(score, scale))]],
    ),
  );
}

function readDemographics(field: Field): Clip['demographics'] {
  const known = entries(field).filter(([, { value }]) => value !== null);
  return Object.fromEntries(
    known.map(([name, entry]): [string, string | number] => {
      if (typeof entry.value === 'number' && Number.isFinite(entry.value)) return [name, entry.value];
      if (typeof entry.value === 'string') return [name, text(entry)];
      throw fieldError(entry, `is ${shown(entry.value)}: write a text or a number`);
    }),
  );
}
