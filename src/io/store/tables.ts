/** The tables, as `migrations.ts` leaves them: one interface a row, `Generated` where the database fills it in. Times are ms. */
import type { ColumnType, Generated, Kysely } from 'kysely';

/** A document that is read as whole JSON and written as text; what comes out is checked by `documents.ts`. */
type Json = ColumnType<unknown, string, string>;

interface PlaceColumns {
  readonly room: string;
  readonly participant: string;
}

interface Rooms {
  readonly room: string;
  readonly settings: Json;
  readonly saved_ms: number;
}

interface Participants extends PlaceColumns {
  readonly key_hash: string;
  /** When consent was withdrawn; null while it stands. */
  readonly withdrawn_ms: number | null;
}

interface Consents extends PlaceColumns {
  readonly position: Generated<number>;
  readonly granted: boolean;
  readonly at_ms: number;
  readonly role: string;
  readonly text_version: string;
  readonly text: string;
}

interface Segments extends PlaceColumns {
  readonly id: string;
  readonly number: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly status: string;
  readonly labels: Json;
  readonly reason: string | null;
  readonly probabilities: Json;
  readonly windows: number;
  readonly pack: string;
  readonly calibration: string | null;
}

interface Verdicts extends PlaceColumns {
  readonly seq: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly verdict: Json;
}

interface Items extends PlaceColumns {
  readonly id: string;
  readonly segment: string;
  readonly created_ms: number;
  readonly causes: Json;
  readonly propensity: number;
  readonly verdict: Json;
  readonly pack_probabilities: Json;
  readonly clip: string | null;
  readonly raters: number;
  /** Out of `verdict`, for lists and retention. */
  readonly start_ms: number;
  readonly end_ms: number;
  readonly status: string;
  readonly reason: string | null;
  readonly pack: string;
  /** How many annotations there are of it: kept in step with them, in the same transaction. */
  readonly answers: number;
}

interface Annotations {
  readonly position: Generated<number>;
  readonly id: string;
  readonly item: string;
  readonly reviewer: string;
  readonly at_ms: number;
  readonly took_ms: number;
  readonly labels: Json;
  readonly cannot_tell: boolean;
  readonly valence: number | null;
  readonly arousal: number | null;
  readonly informed: boolean;
  /** The reservation that it answered, so that it is answered once; null where it was imported. */
  readonly reservation: string | null;
}

interface Reservations {
  readonly id: string;
  readonly item: string;
  readonly reviewer: string;
  readonly expires_ms: number;
}

interface Skips {
  readonly position: Generated<number>;
  readonly item: string;
  readonly reviewer: string;
  readonly at_ms: number;
  readonly reservation: string;
}

interface Unblinded {
  readonly item: string;
  readonly reviewer: string;
}

interface Calibrations {
  readonly id: string;
  readonly pack: string;
  readonly created_ms: number;
  readonly status: string;
  readonly calibration: Json;
  readonly report: Json;
}

interface Audit {
  readonly seq: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly action: string;
  readonly actor_role: string;
  readonly actor_subject: string;
  readonly room: string | null;
  readonly details: Json;
  readonly previous: string;
  readonly hash: string;
}

interface RevokedTokens {
  readonly id: string;
  readonly expires_ms: number;
}

interface Webhooks {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly kinds: Json;
  readonly rooms: Json;
  readonly created_ms: number;
  readonly delivered_seq: number;
  readonly failures: number;
  readonly next_ms: number;
  readonly problem: string | null;
}

interface Migrations {
  readonly position: number;
  readonly name: string;
}

/** All tables by name. */
export interface Tables {
  readonly rooms: Rooms;
  readonly participants: Participants;
  readonly consents: Consents;
  readonly segments: Segments;
  readonly verdicts: Verdicts;
  readonly items: Items;
  readonly annotations: Annotations;
  readonly reservations: Reservations;
  readonly skips: Skips;
  readonly unblinded: Unblinded;
  readonly calibrations: Calibrations;
  readonly audit: Audit;
  readonly revoked_tokens: RevokedTokens;
  readonly webhooks: Webhooks;
  readonly undertone_migrations: Migrations;
}

/** Where queries go: the database itself, or one transaction of it. */
export type Queries = Kysely<Tables>;
