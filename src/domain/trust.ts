/**
 * The nouns of trust: what a room is for, who agreed to what, and what was done. Types only.
 */
import type { ParticipantRef, RejectReason } from '../domain.ts';

/** What a room is for, as its operator declares. */
export type Purpose = 'demonstration' | 'meeting' | 'customer-call' | 'research' | 'medical' | 'safety';

/** Whose law holds: in the EU Regulation 2024/1689, Article 5(1)(f), forbids some analysis. */
export type Jurisdiction = 'eu' | 'other';

/** What a part in a room means for the law: staff, pupils and applicants depend on whoever runs the room. */
export type RoleKind = 'customer' | 'patient' | 'employee' | 'student' | 'candidate' | 'other';

/** What a room keeps of its scores: nothing, one row a segment, or every window's verdict. */
export type Keeping = 'nothing' | 'segments' | 'windows';

/** How long things live, ms from the instant that they speak of. Three clocks, as they serve three purposes. */
export interface Retention {
  readonly clipsMs: number;
  readonly scoresMs: number;
  /** Review items and the answers to them. */
  readonly reviewsMs: number;
}

/** Which segments people are asked about, and how. */
export interface ReviewPolicy {
  /** Rejected for one of these reasons: what is worth a reviewer's time. */
  readonly reasons: readonly RejectReason[];
  /** Chance that such a segment is asked about, 0 to 1. */
  readonly rejectedShare: number;
  /** Chance that an accepted segment is asked about whatever it says, so that the bias of review is known; 0 to 1. */
  readonly auditShare: number;
  /** Greatest chance that a judged segment is asked about for what its answer would teach; 0 to 1. */
  readonly informationShare: number;
  /** Reviewers who answer an item, blind to one another; 1 to 16. */
  readonly raters: number;
  /** How long an item that was claimed is held for its reviewer, ms. */
  readonly reservationMs: number;
}

/** What a room is, beyond its name: set by an admin, on record, with its own history in the audit log. */
export interface RoomSettings {
  readonly room: string;
  readonly purpose: Purpose;
  readonly jurisdiction: Jurisdiction;
  /** Why analysis is medical or a matter of safety; required for these purposes. */
  readonly justification: string | null;
  /** The parts that people may have in the room, and what each means for the law. */
  readonly roles: Readonly<Record<string, RoleKind>>;
  /** What people agree to, in words; its version is told from the text (`consentVersion`). */
  readonly consentText: string;
  readonly keeping: Keeping;
  /** Whether a clip is kept of what is asked about; needs `keeping` other than `nothing`. */
  readonly clips: boolean;
  readonly retention: Retention;
  readonly review: ReviewPolicy;
}

/** One entry in the history of somebody's consent. */
export interface ConsentRecord extends ParticipantRef {
  readonly granted: boolean;
  readonly atMs: number;
  /** The part that they have in the room. */
  readonly role: string;
  /** What they agreed to or withdrew from: the text's version, and the text itself. */
  readonly textVersion: string;
  readonly text: string;
}

/** How much was deleted of somebody, and what was kept and why; kept in the audit log, given to the person. */
export interface DeletionReceipt extends ParticipantRef {
  readonly id: string;
  readonly atMs: number;
  readonly deleted: Readonly<Record<'clips' | 'segments' | 'verdicts' | 'reviewItems' | 'annotations', number>>;
  /** What stays, each with the reason, in words. */
  readonly kept: readonly string[];
}

/** What an audit entry is about. */
export type AuditKind = 'consent' | 'access' | 'configuration' | 'model' | 'review' | 'deletion';

/** Who did something: a token's subject and role, or the server itself. Never a token. */
export interface Actor {
  readonly role: 'publisher' | 'viewer' | 'reviewer' | 'admin' | 'server';
  readonly subject: string;
}

/** Something that was done, before it is chained. */
export interface AuditEvent {
  readonly atMs: number;
  readonly kind: AuditKind;
  /** What was done, for example `consent.granted`. A closed list lives beside the writers. */
  readonly action: string;
  readonly actor: Actor;
  readonly room: string | null;
  /** Ids and numbers; never media, names or tokens. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** One link of the audit chain: `hash` covers the event, `seq` and the hash before, so that nothing can be changed unseen. */
export interface AuditEntry extends AuditEvent {
  /** From 1, without holes. */
  readonly seq: number;
  /** Hex of SHA-256; of the first entry 64 zeros. */
  readonly previous: string;
  readonly hash: string;
}

/** Somewhere that is told what enters the audit log, entry by entry, in order. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** What it is told of. */
  readonly kinds: readonly AuditKind[];
  /** Rooms that it is told of; null: all, and what concerns no room. */
  readonly rooms: readonly string[] | null;
  /** Base64 of the key that deliveries are signed with. */
  readonly secret: string;
  /** Audit entries up to this one were delivered, or are not for it. */
  readonly deliveredSeq: number;
  /** Deliveries of the next entry that failed, one after another. */
  readonly failures: number;
  /** When it is tried again. */
  readonly nextMs: number;
  /** Why the latest delivery failed, in words; null when it did not. */
  readonly problem: string | null;
}
