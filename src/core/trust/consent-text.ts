/** What people are told and agree to, in plain words; Regulation (EU) 2024/1689, Article 50(3), and GDPR, Article 13. */
import type { Purpose, RoomSettings } from '../../domain/trust.ts';

/** What a room says unless it has words of its own. Paragraphs are parted by an empty line. */
export const defaultConsentText = [
  'Your voice and face are sent to this server and analysed as they arrive. The results are numbers, which those who ' +
    'watch this room see.',
  'The numbers estimate which emotions others would perceive in your voice and face. They do not say what you feel, and ' +
    'they can be wrong.',
  'You can stop at any moment: analysis ends at once, and what is kept of you is deleted. You get a receipt.',
].join('\n\n');

/** What goes on record of the sample clip, which is nobody. */
export const sampleText =
  'I send the sample clip that comes with this server: a still portrait that moves a little, and a synthetic voice. ' +
  'Nobody is analysed.';

/** What goes on record of a stream that the server's operator connects. */
export const streamText =
  'The operator of this server has connected this stream, and answers for the agreement of everyone who is in it.';

/** What a room is for, as the end of a sentence. */
const PURPOSES: Readonly<Record<Purpose, string>> = {
  demonstration: 'a demonstration',
  meeting: 'a meeting',
  'customer-call': 'a call with a customer',
  research: 'research',
  medical: 'a medical reason',
  safety: 'safety',
};

/** What a room is for, with why where that is on record. @example 'a medical reason (assessment of pain)' */
export function purposeWords({ purpose, justification }: Pick<RoomSettings, 'purpose' | 'justification'>): string {
  return PURPOSES[purpose] + (justification === null ? '' : ` (${justification.trim()})`);
}

/** What a room keeps, and for how long, in one phrase for a notice. @example 'the numbers for 30 days' */
export function keptWords({
  keeping,
  clips,
  retention,
}: Pick<RoomSettings, 'keeping' | 'clips' | 'retention'>): string {
  if (keeping === 'nothing') return 'nothing but your agreement';
  const numbers = `the numbers for ${spanWords(retention.scoresMs)}`;
  return clips ? `${numbers}, short clips for ${spanWords(retention.clipsMs)}` : numbers;
}

/**
 * Everything that somebody agrees to in a room: its own words, then its purpose and what it keeps. One text, so that its
 * version changes whenever any of it does: nobody has agreed to what was changed afterwards.
 */
export function consentText(settings: RoomSettings): string {
  return [
    settings.consentText.trim(),
    `The purpose is ${purposeWords(settings)}.`,
    ...keepingParagraphs(settings),
  ].join('\n\n');
}

function keepingParagraphs({ keeping, clips, retention }: RoomSettings): readonly string[] {
  const proof =
    'Your agreement itself is put on record and stays there, also after you withdraw it: it proves that you were asked. ' +
    'It names your part in the room and a number made for you, not you.';
  if (keeping === 'nothing') return [`No sound, no picture and no numbers are kept. ${proof}`];
  const how =
    keeping === 'segments'
      ? 'summed up for each stretch in which they stay the same'
      : 'each single one, about two a second';
  const review = `Single moments may be shown to reviewers, who say what they perceive; their answers are kept for ${spanWords(retention.reviewsMs)}.`;
  const media = clips
    ? `Of such a moment, a clip of your voice and face of about 3 seconds is kept for ${spanWords(retention.clipsMs)}.`
    : 'No sound and no picture are kept.';
  return [`The numbers are kept for ${spanWords(retention.scoresMs)}, ${how}.`, `${review} ${media}`, proof];
}

/**
 * The version of a text: the first 16 hex digits of its SHA-256. The hash is passed in, as this file is pure.
 * @param sha256Hex SHA-256 of UTF-8 text, as 64 hex digits.
 */
export function consentVersion(text: string, sha256Hex: (text: string) => string): string {
  return sha256Hex(text).slice(0, 16);
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** A duration in the largest unit that divides it, else in minutes, rounded up. @example spanWords(7 * 86_400_000) // '7 days' */
export function spanWords(spanMs: number): string {
  const [unitMs, unit] = UNITS.find(([ms]) => spanMs >= ms && spanMs % ms === 0) ?? [60_000, 'minute'];
  const count = Math.ceil(spanMs / unitMs);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
