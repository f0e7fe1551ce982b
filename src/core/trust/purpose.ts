/**
 * Who may be analysed. Regulation (EU) 2024/1689 ("AI Act"), Article 5(1)(f), prohibits "the use of AI systems to infer
 * emotions of a natural person in the areas of workplace and education institutions, except where the use of the AI
 * system is intended to be put in place or into the market for medical or safety reasons". The Commission's guidelines
 * on prohibited practices count recruitment as workplace, so candidates are treated as employees are.
 */
import type { Purpose, RoleKind, RoomSettings } from '../../domain/trust.ts';

/** Where the law sees a kind of role; null: where Article 5(1)(f) does not reach. */
const AREA: Readonly<Record<RoleKind, 'at work' | 'in education' | null>> = {
  customer: null,
  patient: null,
  employee: 'at work',
  student: 'in education',
  candidate: 'at work',
  other: null,
};

/** Purposes that the article excepts. */
const EXCEPTED: Readonly<Record<Purpose, boolean>> = {
  demonstration: false,
  meeting: false,
  'customer-call': false,
  research: false,
  medical: true,
  safety: true,
};

/** What the law and the room say of a role; `because` is a sentence for the person. */
export type Permission =
  { readonly allowed: true; readonly because: null } | { readonly allowed: false; readonly because: string };

/** The part of a room's settings that decides who may be analysed. */
export type Profile = Pick<RoomSettings, 'purpose' | 'jurisdiction' | 'justification' | 'roles'>;

/**
 * Whether people of a role may be analysed if they agree. Consent alone never suffices where the law forbids: whoever
 * depends on the one who asks cannot agree freely.
 * @example mayAnalyse(settings, 'agent').because // 'In the EU it is forbidden to infer emotions of people at work ...'
 */
export function mayAnalyse(profile: Profile, role: string): Permission {
  const { purpose, jurisdiction, justification, roles } = profile;
  const kind = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (kind === undefined)
    return refused(`This room knows no role '${role}': join as one of ${Object.keys(roles).join(', ')}.`);
  const area = AREA[kind];
  if (jurisdiction !== 'eu' || area === null) return ALLOWED;
  const excepted = EXCEPTED[purpose] && justification !== null && justification.trim() !== '';
  return excepted
    ? ALLOWED
    : refused(
        `In the EU it is forbidden to infer emotions of people ${area}, except for medical or safety reasons ` +
          `(Regulation (EU) 2024/1689, Article 5(1)(f)). Whoever joins this room as '${role}' is not analysed.`,
      );
}

const ALLOWED: Permission = { allowed: true, because: null };
const refused = (because: string): Permission => ({ allowed: false, because });
