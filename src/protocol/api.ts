/**
 * The HTTP API, as one table: every operation's method, path, who may, what goes in and what comes out. The server's
 * handlers, the pages' calls, the OpenAPI document and the test of who may do what are all made of this table.
 */
import { z } from 'zod';
import type { label } from '../protocol.ts';
import { agreementReport } from './api/loop.ts';
import {
  annotation,
  answer,
  answered,
  calibrationRecord,
  claimedItem,
  id,
  reviewListing,
  reviewProgress,
  reviewedItem,
  segmentRecord,
  term,
} from './api/review.ts';
import { auditEntry, auditKind, consentRecord, line, roomSettings, webhook } from './api/trust.ts';
import { ms, name } from './nouns.ts';
import { deletionReceipt } from './trust.ts';

/** Where the API begins. */
export const API_BASE = '/api/v1';

/** What a token may be made for. */
export const apiRole = z.enum(['publisher', 'viewer', 'reviewer', 'admin']);

/** A role that a token may have. */
export type ApiRole = z.infer<typeof apiRole>;

/** One operation of the API. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `API_BASE`, parameters in braces. */
  readonly path: `/${string}`;
  readonly summary: string;
  /**
   * Who may. `subject`: also whoever holds the key of the participant that the path names, sent as
   * `Authorization: Participant KEY`.
   */
  readonly roles: readonly ApiRole[] | 'anyone';
  readonly subject?: true;
  /** `server`: it concerns every room, so that a token for some rooms alone does not do. */
  readonly scope?: 'server';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** JSON of a 200; `null`: there is nothing to say, a 204; `bytes`: something else than JSON. */
  readonly answer: z.ZodType | null | { readonly bytes: string };
}

const room = z.object({ room: name });
const person = z.object({ room: name, participant: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) });
const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
const one = z.object({ id });
const held = z.object({ reservation: id });
const REVIEW: readonly ApiRole[] = ['reviewer', 'admin'];
const ADMIN: readonly ApiRole[] = ['admin'];
const ALL: readonly ApiRole[] = ['publisher', 'viewer', 'reviewer', 'admin'];

/** A narrowing `as const` for one operation. */
const op = <const T extends Operation>(operation: T): T => operation;

/** All operations, by name. */
export const operations = {
  openapi: op({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as OpenAPI 3.1',
    roles: 'anyone',
    answer: z.record(z.string(), z.unknown()),
  }),
  asyncapi: op({
    method: 'GET',
    path: '/asyncapi.json',
    summary: 'The WebSocket protocol as AsyncAPI 3.0',
    roles: 'anyone',
    answer: z.record(z.string(), z.unknown()),
  }),
  me: op({
    method: 'GET',
    path: '/me',
    summary: 'What the token allows',
    roles: ALL,
    answer: z.object({
      role: apiRole,
      subject: z.string(),
      rooms: z.array(name).describe('rooms that exist and that the token is good for'),
      expiresMs: ms,
    }),
  }),

  readSettings: op({
    method: 'GET',
    path: '/rooms/{room}/settings',
    summary: 'Settings of a room; `etag` names their state',
    roles: ADMIN,
    params: room,
    answer: z.object({ settings: roomSettings, etag: z.string(), consentVersion: z.string() }),
  }),
  saveSettings: op({
    method: 'PUT',
    path: '/rooms/{room}/settings',
    summary: 'Change the settings of a room; refused when they changed since `etag`',
    roles: ADMIN,
    params: room,
    body: z.strictObject({ settings: roomSettings, etag: z.string().max(64) }),
    answer: z.object({ settings: roomSettings, etag: z.string(), consentVersion: z.string() }),
  }),
  segments: op({
    method: 'GET',
    path: '/rooms/{room}/segments',
    summary: 'Segments that were kept, oldest first',
    roles: ['viewer', 'admin'],
    params: room,
    query: z.object({ fromMs: z.coerce.number().min(0).default(0), limit: limit(1000, 200) }),
    answer: z.object({ segments: z.array(segmentRecord) }),
  }),

  consents: op({
    method: 'GET',
    path: '/rooms/{room}/participants/{participant}/consents',
    summary: "History of somebody's consent, latest first",
    roles: ADMIN,
    subject: true,
    params: person,
    answer: z.object({ consents: z.array(consentRecord) }),
  }),
  withdraw: op({
    method: 'POST',
    path: '/rooms/{room}/participants/{participant}/withdrawal',
    summary: 'Withdraw consent: analysis stops, what is kept is deleted; the answer is the receipt',
    roles: ADMIN,
    subject: true,
    params: person,
    answer: deletionReceipt,
  }),
  exportPerson: op({
    method: 'GET',
    path: '/rooms/{room}/participants/{participant}/export',
    summary: 'Everything that is kept of somebody',
    roles: ADMIN,
    subject: true,
    params: person,
    answer: z.record(z.string(), z.unknown()),
  }),

  listReview: op({
    method: 'GET',
    path: '/review/items',
    summary: 'The review queue, newest first; of items that are done, with what they were rejected for',
    roles: ADMIN,
    query: z.object({
      state: z.enum(['open', 'held', 'done']).optional(),
      beforeMs: z.coerce.number().optional().describe('with `beforeId`: what comes after this one'),
      beforeId: id.optional(),
      limit: limit(500, 100),
    }),
    answer: z.object({ items: z.array(reviewListing) }),
  }),
  reviewProgress: op({
    method: 'GET',
    path: '/review/progress',
    summary: 'How many items there are, and what each reviewer has done',
    roles: REVIEW,
    answer: reviewProgress,
  }),
  claim: op({
    method: 'POST',
    path: '/review/claims',
    summary: 'Hold the next item; `item` is null when there is none',
    roles: REVIEW,
    body: z.strictObject({ instead: id.optional().describe('a reservation to give back in the same step') }),
    answer: z.object({ claimed: claimedItem.nullable() }),
  }),
  renewClaim: op({
    method: 'POST',
    path: '/review/claims/{reservation}/renewal',
    summary: 'Hold it longer',
    roles: REVIEW,
    params: held,
    answer: z.object(term),
  }),
  answerClaim: op({
    method: 'POST',
    path: '/review/claims/{reservation}/answer',
    summary: 'Answer; the same answer sent again changes nothing. Only now the model’s verdict is told',
    roles: REVIEW,
    params: held,
    body: answer,
    answer: answered,
  }),
  skipClaim: op({
    method: 'POST',
    path: '/review/claims/{reservation}/skip',
    summary: 'Give it back and never see it again',
    roles: REVIEW,
    params: held,
    answer: null,
  }),
  undo: op({
    method: 'POST',
    path: '/review/undo',
    summary: 'Take back the latest answer or skip, and hold its item again',
    roles: REVIEW,
    answer: z.object({ claimed: claimedItem.nullable() }),
  }),
  clip: op({
    method: 'GET',
    path: '/review/items/{id}/clip',
    summary: 'The clip: for who holds the item, has answered it, or is an admin',
    roles: REVIEW,
    params: one,
    answer: { bytes: 'video/webm' },
  }),
  reviewItem: op({
    method: 'GET',
    path: '/review/items/{id}',
    summary: 'An item with all answers and what the model said',
    roles: ADMIN,
    params: one,
    answer: reviewedItem,
  }),
  agreement: op({
    method: 'GET',
    path: '/review/agreement',
    summary: 'How far reviewers agree (Krippendorff’s alpha), by label and by reviewer',
    roles: REVIEW,
    answer: agreementReport,
  }),
  exportReview: op({
    method: 'GET',
    path: '/review/export',
    summary: 'Answered items as a corpus manifest, a line of JSON each',
    roles: ADMIN,
    answer: { bytes: 'application/x-ndjson' },
  }),
  importReview: op({
    method: 'POST',
    path: '/review/import',
    summary: 'Take in answers that were given elsewhere',
    roles: ADMIN,
    scope: 'server',
    body: z.strictObject({ annotations: z.array(annotation).min(1).max(1000) }),
    answer: z.object({ added: z.int() }),
  }),

  calibrations: op({
    method: 'GET',
    path: '/calibrations',
    summary: 'Calibrations by reviewers, newest first',
    roles: ADMIN,
    scope: 'server',
    answer: z.object({ pack: z.string(), active: id.nullable(), calibrations: z.array(calibrationRecord) }),
  }),
  propose: op({
    method: 'POST',
    path: '/calibrations',
    summary: 'Fit a calibration on the answers so far and propose it; refused where it would not be better',
    roles: ADMIN,
    scope: 'server',
    answer: calibrationRecord,
  }),
  activate: op({
    method: 'POST',
    path: '/calibrations/active',
    summary: 'Let a calibration judge from now on; null: the pack as it was made. Also the way to roll back',
    roles: ADMIN,
    scope: 'server',
    body: z.strictObject({ id: id.nullable() }),
    answer: z.object({ active: id.nullable() }),
  }),
  dismiss: op({
    method: 'POST',
    path: '/calibrations/{id}/dismissal',
    summary: 'Refuse a proposal',
    roles: ADMIN,
    scope: 'server',
    params: one,
    answer: null,
  }),

  audit: op({
    method: 'GET',
    path: '/audit',
    summary: 'The audit log, oldest first; with a token for some rooms alone, of the `room` that is named',
    roles: ADMIN,
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      kind: auditKind.optional(),
      room: name.optional(),
      limit: limit(1000, 200),
    }),
    answer: z.object({ entries: z.array(auditEntry) }),
  }),
  verifyAudit: op({
    method: 'POST',
    path: '/audit/verification',
    summary: 'Walk the whole chain',
    roles: ADMIN,
    scope: 'server',
    answer: z.object({ entries: z.int(), brokenAt: z.int().nullable(), head: z.string() }),
  }),

  webhooks: op({
    method: 'GET',
    path: '/webhooks',
    summary: 'Where the audit log is delivered to, and how far each is',
    roles: ADMIN,
    scope: 'server',
    answer: z.object({ webhooks: z.array(webhook) }),
  }),
  addWebhook: op({
    method: 'POST',
    path: '/webhooks',
    summary: 'Deliver what enters the audit log from now on; the answer holds the key that signs, once',
    roles: ADMIN,
    scope: 'server',
    body: z.strictObject({
      url: z.string().max(2000),
      kinds: z.array(auditKind).min(1),
      rooms: z.array(name).min(1).max(1024).nullable(),
    }),
    answer: z.object({ id, secret: z.string() }),
  }),
  removeWebhook: op({
    method: 'DELETE',
    path: '/webhooks/{id}',
    summary: 'Deliver to it no more',
    roles: ADMIN,
    scope: 'server',
    params: one,
    answer: null,
  }),

  makeToken: op({
    method: 'POST',
    path: '/tokens',
    summary: 'Make a token',
    roles: ADMIN,
    scope: 'server',
    body: z.strictObject({
      role: apiRole,
      rooms: z.array(name).min(1).max(1024).optional(),
      subject: line,
      ttlSeconds: z.int().min(60).max(31_536_000),
    }),
    answer: z.object({ id: z.string(), token: z.string(), expiresMs: ms }),
  }),
  revokeToken: op({
    method: 'POST',
    path: '/tokens/revocations',
    summary: 'Call a token back; connections that it opened are closed',
    roles: ADMIN,
    scope: 'server',
    body: z.strictObject({ id: z.string().min(1).max(128), expiresMs: ms }),
    answer: null,
  }),
} as const;

/** The name of an operation. */
export type OperationName = keyof typeof operations;

type Shape<K extends OperationName, F extends 'params' | 'query' | 'body'> =
  (typeof operations)[K] extends Readonly<Record<F, infer S extends z.ZodType>> ? S : never;
type Fields<K extends OperationName, How extends 'in' | 'out'> = {
  readonly [F in 'params' | 'query' | 'body' as [Shape<K, F>] extends [never] ? never : F]: How extends 'in'
    ? z.input<Shape<K, F>>
    : z.output<Shape<K, F>>;
};

/** What a caller of an operation gives: its path's parameters, query and body. */
export type OperationInput<K extends OperationName> = Fields<K, 'in'>;
/** The same, validated, defaults filled in. */
export type OperationRequest<K extends OperationName> = Fields<K, 'out'>;
/** Nobody changes what is on its way out. */
type Deep<T> = T extends object ? { readonly [K in keyof T]: Deep<T[K]> } : T;

/** What an operation answers with. */
export type OperationAnswer<K extends OperationName> = (typeof operations)[K]['answer'] extends infer A
  ? A extends z.ZodType
    ? Deep<z.output<A>>
    : A extends null
      ? null
      : Uint8Array
  : never;

/** The body of every refusal. */
export const apiError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** One of the eight labels, for pages that show them as keys. */
export type ApiLabel = z.infer<typeof label>;
