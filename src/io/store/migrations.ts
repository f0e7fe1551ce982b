/**
 * The schema's history, oldest first: forward-only, and what has been released is never edited. Both databases run these
 * statements. Names in SQL are ours; no value ever gets into a statement here.
 */

/** One step of the schema. */
export interface Migration {
  readonly name: string;
  /** Run in order, in one transaction. */
  readonly statements: readonly string[];
}

/** All steps. */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-people',
    statements: [
      'create table rooms (room text primary key, settings json not null, saved_ms float8 not null)',
      `create table participants (
        room text not null, participant text not null, key_hash text not null, withdrawn_ms float8,
        primary key (room, participant))`,
      `create table consents (
        position bigint generated always as identity primary key,
        room text not null, participant text not null, granted boolean not null, at_ms float8 not null,
        role text not null, text_version text not null, text text not null)`,
      'create index consents_of on consents (room, participant, at_ms desc, position desc)',
      'create table revoked_tokens (id text primary key, expires_ms float8 not null)',
    ],
  },
  {
    name: '0002-scores',
    statements: [
      `create table segments (
        id text primary key, room text not null, participant text not null, number integer not null,
        start_ms float8 not null, end_ms float8 not null, status text not null, labels json not null, reason text,
        probabilities json not null, windows integer not null, pack text not null, calibration text)`,
      'create index segments_by_end on segments (room, end_ms, id)',
      'create index segments_of on segments (room, participant)',
      `create table verdicts (
        room text not null, participant text not null, seq integer not null, start_ms float8 not null,
        end_ms float8 not null, verdict json not null, primary key (room, participant, seq, start_ms))`,
      'create index verdicts_by_end on verdicts (room, end_ms)',
    ],
  },
  {
    name: '0003-reviews',
    statements: [
      `create table items (
        id text primary key, room text not null, participant text not null, segment text not null,
        created_ms float8 not null, causes json not null, propensity float8 not null, verdict json not null,
        pack_probabilities json not null, clip text, raters integer not null, start_ms float8 not null,
        end_ms float8 not null, status text not null, reason text, pack text not null,
        answers integer not null default 0)`,
      'create index items_by_age on items (created_ms, id)',
      'create index items_by_room on items (room, created_ms, id)',
      'create index items_by_end on items (room, end_ms)',
      'create index items_of on items (room, participant)',
      // What a claim walks along, in its order: the least answered of those that want answers, then the oldest.
      'create index items_wanted on items (answers, created_ms, id) where answers < raters',
      'create index items_wanted_of_room on items (room, answers, created_ms, id) where answers < raters',
      'create index items_open on items (created_ms, id) where answers < raters',
      'create index items_done on items (created_ms, id) where answers >= raters',
      'create index items_answered on items (created_ms, id) where answers > 0',
      'create index items_clip on items (clip) where clip is not null',
      // One order for all that a reviewer does, as the latest of it can be taken back.
      'create sequence review_acts',
      `create table annotations (
        position bigint not null unique default nextval('review_acts'), id text primary key,
        item text not null references items (id) on delete cascade, reviewer text not null, at_ms float8 not null,
        took_ms float8 not null, labels json not null, cannot_tell boolean not null, valence float8, arousal float8,
        informed boolean not null, reservation text unique, unique (item, reviewer))`,
      'create index annotations_by on annotations (reviewer, at_ms, position)',
      `create table reservations (
        id text primary key, item text not null references items (id) on delete cascade, reviewer text not null,
        expires_ms float8 not null, unique (item, reviewer))`,
      'create index reservations_by_end on reservations (expires_ms)',
      `create table skips (
        position bigint not null unique default nextval('review_acts'),
        item text not null references items (id) on delete cascade, reviewer text not null, at_ms float8 not null,
        reservation text not null unique, primary key (item, reviewer))`,
      // Who had seen the verdict before they answered: they took an answer back, or read the item.
      `create table unblinded (
        item text not null references items (id) on delete cascade, reviewer text not null,
        primary key (item, reviewer))`,
      'create index skips_by on skips (reviewer, at_ms, position)',
    ],
  },
  {
    name: '0004-calibrations',
    statements: [
      `create table calibrations (
        id text primary key, pack text not null, created_ms float8 not null, status text not null,
        calibration json not null, report json not null)`,
      `create unique index calibrations_active on calibrations (pack) where status = 'active'`,
      'create index calibrations_by_age on calibrations (pack, created_ms, id)',
    ],
  },
  {
    name: '0005-audit',
    statements: [
      `create table audit (
        seq bigint primary key, at_ms float8 not null, kind text not null, action text not null,
        actor_role text not null, actor_subject text not null, room text, details json not null,
        previous text not null, hash text not null)`,
      'create index audit_by_kind on audit (kind, seq)',
      'create index audit_by_room on audit (room, seq)',
      `create function refuse_change_of_audit() returns trigger language plpgsql as $$
        begin raise exception 'the audit log is append-only'; end $$`,
      `create trigger audit_rows_stay before update or delete on audit
        for each row execute function refuse_change_of_audit()`,
      `create trigger audit_table_stays before truncate on audit
        for each statement execute function refuse_change_of_audit()`,
    ],
  },
  {
    name: '0006-webhooks',
    statements: [
      `create table webhooks (
        id text primary key, url text not null, secret text not null, kinds json not null, rooms json not null,
        created_ms float8 not null, delivered_seq bigint not null, failures integer not null, next_ms float8 not null,
        problem text)`,
    ],
  },
];
