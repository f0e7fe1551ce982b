import type { Keeping, Purpose, RoomSettings } from '../../domain/trust.ts';
import { defaultConsentText } from './consent-text.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** More parts than this nobody can choose from. */
const MOST_ROLES = 100;
const TEN_YEARS_MS = 3653 * DAY_MS;

/** Purposes that need a justification on record, as Regulation (EU) 2024/1689, Article 5(1)(f), excepts them. */
const JUSTIFIED: ReadonlySet<Purpose> = new Set(['medical', 'safety']);
/** What keeps rows of scores, which is what reviewers can be asked about. */
const KEEPS: Readonly<Record<Keeping, boolean>> = { nothing: false, segments: true, windows: true };

/**
 * Settings of a room that has none on record: the strictest that let a newcomer try the monitor. Nothing is kept, and
 * the EU's rules hold, so that whoever joins as `agent` is not analysed.
 * @example const settings = (await store.settings.of('lobby')) ?? defaultSettings('lobby');
 */
export function defaultSettings(room: string): RoomSettings {
  return {
    room,
    purpose: 'demonstration',
    jurisdiction: 'eu',
    justification: null,
    roles: { participant: 'other', customer: 'customer', agent: 'employee', stream: 'other', sample: 'other' },
    consentText: defaultConsentText,
    keeping: 'nothing',
    clips: false,
    retention: { clipsMs: 7 * DAY_MS, scoresMs: 30 * DAY_MS, reviewsMs: 90 * DAY_MS },
    review: {
      reasons: ['low-confidence', 'out-of-distribution', 'poor-face'],
      rejectedShare: 1,
      auditShare: 0.05,
      informationShare: 0.1,
      raters: 2,
      reservationMs: 2 * MINUTE_MS,
    },
  };
}

/**
 * What is wrong with settings, a sentence each, naming the setting and the remedy; empty when they may stand. Types hold
 * already (`roomSettings` of the HTTP API); this is what a type cannot say.
 * @example if (checkSettings(settings).length > 0) refuse();
 */
export function checkSettings(settings: RoomSettings): readonly string[] {
  const { purpose, justification, roles, consentText, keeping, clips, retention, review } = settings;
  const names = Object.keys(roles);
  const spans = Object.entries(retention);
  const shares = [review.rejectedShare, review.auditShare, review.informationShare];
  const problems: readonly (readonly [boolean, string])[] = [
    [
      JUSTIFIED.has(purpose) && isBlank(justification),
      `justification: the purpose '${purpose}' needs one: say why analysis is needed, or choose another purpose`,
    ],
    [names.length === 0, 'roles: nobody could take part: name at least one role'],
    [names.length > MOST_ROLES, `roles: ${names.length} are too many: name at most ${MOST_ROLES}`],
    [
      names.some((name) => !/^[^\p{C}]{1,80}$/u.test(name) || name !== name.trim()),
      'roles: a role is 1 to 80 characters without control characters or blanks around it',
    ],
    [isBlank(consentText), 'consentText: people must be told what they agree to: write it, or take the default'],
    [
      clips && !KEEPS[keeping],
      "clips: a clip is kept of a segment that is kept: set keeping to 'segments' or 'windows', or clips to false",
    ],
    ...spans.map(
      ([clock, spanMs]) =>
        [!(spanMs >= MINUTE_MS && spanMs <= TEN_YEARS_MS), `retention.${clock}: choose 1 minute to 10 years`] as const,
    ),
    [
      clips && retention.clipsMs > retention.reviewsMs,
      'retention.clipsMs: a clip serves the review of its item: keep it no longer than reviews (retention.reviewsMs)',
    ],
    [shares.some((share) => !(share >= 0 && share <= 1)), 'review: the three shares are chances from 0 to 1'],
    [!(Number.isInteger(review.raters) && review.raters >= 1 && review.raters <= 16), 'review.raters: choose 1 to 16'],
    [
      !(review.reservationMs >= 10_000 && review.reservationMs <= 60 * MINUTE_MS),
      'review.reservationMs: choose 10 seconds to 1 hour',
    ],
  ];
  return problems.flatMap(([wrong, sentence]) => (wrong ? [sentence] : []));
}

/** Nothing to read: also what has only blanks, marks or characters of no width. */
const isBlank = (text: string | null): boolean => text === null || !/[\p{L}\p{N}]/u.test(text);

const ORDER: readonly Keeping[] = ['nothing', 'segments', 'windows'];

/**
 * What may be kept of somebody who agreed to `agreed` in a room whose settings are `now`: never more than either says.
 * @example withinAgreement({ ...settings, keeping: 'nothing' }, settings).keeping // 'nothing'
 */
export function withinAgreement(agreed: RoomSettings, now: RoomSettings): RoomSettings {
  const keeping = ORDER[Math.min(ORDER.indexOf(agreed.keeping), ORDER.indexOf(now.keeping))] ?? 'nothing';
  return { ...now, keeping, clips: agreed.clips && now.clips && keeping !== 'nothing' };
}
