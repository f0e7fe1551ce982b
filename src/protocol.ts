/**
 * The WebSocket protocol `undertone.v1`: every message as a schema, with the type inferred from it. Server and clients
 * validate with these same schemas; `test/fixtures/protocol/` holds them as JSON Schema with a golden example each.
 *
 * A client sends requests, each with an `id` that the answer repeats: `result` or `error`. After `subscribe` the server
 * sends a `snapshot` of the room and then `event`s, numbered per room without holes. A subscriber that was away
 * resumes with `after`: what it missed is replayed, or, when the log no longer reaches back, a new snapshot is sent.
 * A subscriber that reads too slowly gets one `conflated` message in place of a range of numbers.
 */
import { z } from 'zod';
import { LABELS } from './core/labels.ts';
import { ERROR_CODES } from './errors.ts';
import { ms, name } from './protocol/nouns.ts';
import { deletionReceipt, roomTerms } from './protocol/trust.ts';

/** The WebSocket subprotocol; a client that offers another is refused. */
export const SUBPROTOCOL = 'undertone.v1';

/** Close codes of the gateway, in the range that WebSocket leaves to applications. */
export const CLOSE = {
  /** The server is going away; reconnect with backoff. */
  draining: 4001,
  /** No valid `hello` in time, or a bad token. */
  unauthenticated: 4003,
  /** The peer stopped answering pings. */
  heartbeat: 4004,
  /** The subscriber stayed too slow even for conflated messages. */
  tooSlow: 4008,
  /** Another connection has resumed this participant; do not reconnect. */
  replaced: 4009,
  /** Too many malformed or too frequent messages. */
  abuse: 4029,
} as const;

// ------------------------------------------------------------------------------------------------------- nouns

/** An emotion that raters may choose. */
export const label = z.enum(LABELS);
/** A number for some of the labels. */
export const perLabel = z.partialRecord(label, z.number().min(0).max(1));
const modality = z.enum(['voice', 'face']);
/** Why a window has no verdict. */
export const rejectReason = z.enum([
  'not-consented',
  'no-speech',
  'no-face',
  'poor-face',
  'no-media',
  'out-of-distribution',
  'low-confidence',
  'stale',
  'overload',
  'inference-failed',
]);
const missingReason = z.enum([
  'off',
  'muted',
  'no-media',
  'no-speech',
  'no-face',
  'poor-face',
  'out-of-distribution',
  'overload',
]);

const doubtScore = z
  .enum(['entropy', 'confidence', 'disagreement'])
  .describe('entropy of the shares in nats, 1 - the greatest probability, or 1 - the sum of squared shares');

const doubt = z.object({
  score: doubtScore,
  value: z.number(),
  limit: z.number().nullable().describe('the greatest that is accepted; null where this label is never accepted'),
});

const score = z.number().min(-1).max(1);
const estimate = z.object({
  mean: score,
  low: score.describe('between `low` and `high` lie the scores of 90 % of raters'),
  high: score,
  uncertainty: z.number().describe('entropy of predicted scores in seven equal parts of [-1, 1], nats, 0 to ln 7'),
  meanRange: z
    .object({ low: score, high: score })
    .exactOptional()
    .describe('where `mean` lies for nine of ten single pictures; only where a network said it'),
});

const perception = z.object({
  source: z
    .enum(['derived', 'network-derived'])
    .describe(
      'derived: worked out from the shares of labels; network-derived: said by a network that learned from scores which ' +
        'were derived from votes; nobody was asked for scores',
    ),
  attributes: z
    .object({ valence: estimate, arousal: estimate, dominance: estimate })
    .describe('1 is pleasant, excited, in control; -1 is unpleasant, calm, controlled'),
  grid: z
    .array(z.number())
    .length(16)
    .describe('shares of raters by valence (rows) and arousal (columns), 4 x 4 cells of [-1, 1], least first'),
  disagreement: z.number().describe('predicted probability that two raters choose different labels'),
});

/** What is said about one window; also one line of `undertone analyse`'s JSONL. */
export const verdict = z.object({
  startMs: ms,
  endMs: ms,
  status: z.enum(['accepted', 'rejected']),
  reason: rejectReason.nullable().describe('null when accepted'),
  labels: z.array(label).describe('present by the thresholds, most probable first; empty when rejected'),
  probabilities: perLabel.describe('calibrated probability that more than 1/C of raters would choose the label'),
  shares: perLabel.describe('predicted share of raters who would choose the label'),
  modalities: z.array(modality).describe('what was judged'),
  missing: z.partialRecord(modality, missingReason).describe('why a modality was not judged'),
  uncertainty: z.number().nullable().describe('entropy of the shares in nats; null where nothing was judged'),
  sources: z
    .object({
      voice: z.number().exactOptional(),
      face: z.number().exactOptional(),
      conflict: z.number().exactOptional().describe('how far voice and face contradict each other, 0 to ln 2'),
    })
    .exactOptional()
    .describe('where the uncertainty comes from, nats; absent where nothing was judged'),
  distances: z
    .object({ voice: z.number().exactOptional(), face: z.number().exactOptional() })
    .exactOptional()
    .describe('how far each lies from what the networks were trained on: beyond 1 is out of distribution'),
  perception: perception
    .exactOptional()
    .describe('what raters would perceive beyond labels; absent where nothing was judged'),
  withheld: z
    .array(label)
    .exactOptional()
    .describe('on reject: what `labels` would have said; absent on accept and where nothing was judged'),
  doubt: doubt
    .exactOptional()
    .describe('how far the verdict was doubted, by what the pack goes by; absent where nothing was judged'),
  pack: z.string().describe('name@version of the pack that judged'),
  calibration: z
    .string()
    .nullable()
    .describe("id of the calibration by reviewers' answers that was in force; null: none"),
  thresholds: perLabel
    .exactOptional()
    .describe('what a label must be above to be said, where that calibration has set it; absent: as the pack has it'),
});

const verdictEvent = z.object({
  participant: z.string(),
  seq: z.int().min(0).describe('number of the window, per participant'),
  verdict,
  latencyMs: z.number().describe('from window closed to verdict decided'),
});

const segment = z.object({
  index: z.int().min(0),
  startMs: ms,
  endMs: ms,
  status: z.enum(['accepted', 'rejected']),
  labels: z.array(label),
  reason: rejectReason.nullable(),
  probabilities: perLabel,
  windows: z.int().min(1),
  open: z.boolean(),
});

const trackState = z.enum(['off', 'live', 'muted']);

const participantState = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string().describe("the person's part in the room, for example customer or agent"),
  joinedMs: ms,
  connected: z.boolean().describe('false while a lost connection may still come back'),
  consented: z.boolean(),
  microphone: trackState,
  camera: trackState,
});

const doubtLimit = z
  .union([z.number(), z.partialRecord(label, z.number())])
  .describe('the greatest doubt that is accepted: one for all, or by the most probable label');

/** A reject option with a promise. */
export const rejectRule = z.object({
  score: doubtScore,
  threshold: doubtLimit,
  promise: z
    .object({
      risk: z.number().exactOptional().describe('at most this share of accepted verdicts is wrong'),
      coverage: z.number().exactOptional().describe('at least this share of windows is accepted'),
      delta: z.number().describe('the promise holds but for this share of calibration sets'),
      per: z.string().exactOptional().describe('what it holds for one by one: label, or a key that groups clips'),
      n: z.int().describe('calibration clips'),
      accepted: z.int().describe('how many of them the rule accepts'),
      wrong: z.int().describe('how many of these are wrong in their first label'),
      clips: z.string().describe('which clips they were, in words'),
    })
    .describe('of clips like those that the rule was fitted on'),
  ladder: z
    .object({
      delta: z.number().describe('all of the rungs keep their risks at once, but for this share of calibration sets'),
      rungs: z
        .array(
          z.object({
            risk: z.number().describe('at most this share of what is accepted is wrong'),
            threshold: doubtLimit,
            accepted: z.int().describe('how many of the calibration clips it accepts'),
            wrong: z.int().describe('how many of these are wrong in their first label'),
          }),
        )
        .readonly(),
    })
    .exactOptional()
    .describe('thresholds for other risks, of rising risk: a page may show what each would accept'),
});

const load = z
  .object({
    hopMs: z.number().describe('distance between two windows of a participant now'),
    oneIn: z.int().min(1).describe('one in this many of them is judged; the others are rejected as overload'),
  })
  .describe('how far the host has fallen back because it cannot keep up; at `hopMs` of the hello and 1 it has not');

// --------------------------------------------------------------------------------------------- client to server

const id = z.string().min(1).max(64);
const request = <T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), id, ...shape });

/** WebRTC's own structures: shape-checked by mediasoup, bounded by the message size. */
const webrtc = z.record(z.string(), z.unknown());

const person = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[^\p{C}]+$/u);

const hello = request('hello', { token: z.string().min(1).max(4096) });
const subscribe = request('subscribe', {
  room: name,
  after: z
    .strictObject({ epoch: z.string().max(64), seq: z.int().min(0) })
    .optional()
    .describe('resume: the last event that was seen'),
  historyMs: z.int().min(0).max(60_000).default(0).describe('verdicts of this many past ms come with the snapshot'),
});
const unsubscribe = request('unsubscribe', { room: name });
const room = request('room', { room: name });
const textVersion = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .optional()
  .describe('the version of the text that the person agreed to, as `room` tells it; required with a grant');
const NAMES_TEXT = {
  error: 'ask for `room`, show its text, and name the version that the person agreed to',
  path: ['textVersion'],
};
const join = request('join', {
  room: name,
  name: person,
  role: person.default('participant').describe('one of those that `room` names, for whoever is to be analysed'),
  consent: z.boolean().describe('true: the person agreed to be analysed'),
  textVersion,
  resume: z
    .strictObject({ participant: z.string().max(64), key: z.string().max(128) })
    .optional()
    .describe('come back as the same participant after a lost connection'),
}).refine(({ consent, textVersion: version }) => !consent || version !== undefined, NAMES_TEXT);
const leave = request('leave', {});
const consent = request('consent', { granted: z.boolean(), textVersion }).refine(
  ({ granted, textVersion: version }) => !granted || version !== undefined,
  NAMES_TEXT,
);
const openTransport = request('open-transport', {});
const connectTransport = request('connect-transport', { transport: id, dtlsParameters: webrtc });
const restartIce = request('restart-ice', { transport: id });
const produce = request('produce', {
  transport: id,
  kind: z.enum(['audio', 'video']),
  rtpParameters: webrtc,
});
const setTrack = request('set-track', { kind: z.enum(['audio', 'video']), state: trackState });
const ping = request('ping', {});

/** Everything that a client may send. */
export const clientMessage = z.discriminatedUnion('type', [
  hello,
  subscribe,
  unsubscribe,
  room,
  join,
  leave,
  consent,
  openTransport,
  connectTransport,
  restartIce,
  produce,
  setTrack,
  ping,
]);

// --------------------------------------------------------------------------------------------- server to client

/** What `result.data` holds, by the request it answers; requests not named here answer with `{}`. */
export const results = {
  hello: z.object({
    role: z.enum(['publisher', 'viewer', 'reviewer', 'admin']),
    version: z.string(),
    heartbeatMs: z.number(),
    windowMs: z.number(),
    hopMs: z.number(),
    rooms: z.array(z.string()).describe('rooms that exist and the token may see'),
    pack: z.object({
      name: z.string(),
      version: z.string(),
      labels: z.array(label),
      thresholds: perLabel,
      minTopProbability: z.number(),
      reject: z
        .object({
          voice: rejectRule.exactOptional(),
          face: rejectRule.exactOptional(),
          both: rejectRule.exactOptional(),
        })
        .exactOptional()
        .describe('rules that stand in place of minTopProbability, by the modalities that were judged'),
    }),
  }),
  room: roomTerms,
  join: z.object({
    participant: z.string(),
    key: z
      .string()
      .describe('secret with which this participant may come back, and later have deleted what is kept of them'),
    routerRtpCapabilities: webrtc,
  }),
  consent: z.object({
    receipt: deletionReceipt
      .nullable()
      .describe('of a withdrawal: what was deleted and what is kept; null after a grant, or where none was on record'),
  }),
  'open-transport': z.object({
    transport: z.string(),
    iceParameters: webrtc,
    iceCandidates: z.array(webrtc),
    dtlsParameters: webrtc,
  }),
  'restart-ice': z.object({ iceParameters: webrtc }),
  produce: z.object({ producer: z.string() }),
} as const;

const result = z.object({ type: z.literal('result'), id, data: z.record(z.string(), z.unknown()) });

const error = z.object({
  type: z.literal('error'),
  id: id.nullable().describe('the request that failed; null where it could not be read'),
  code: z.enum(ERROR_CODES),
  message: z.string(),
});

const roomEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('participant'), participant: participantState }),
  z.object({ kind: z.literal('participant-left'), participant: z.string() }),
  z.object({ kind: z.literal('verdict'), ...verdictEvent.shape }),
  z.object({ kind: z.literal('segment'), participant: z.string(), segment }),
  z.object({ kind: z.literal('load'), load }),
]);

const place = { room: name, epoch: z.string().describe("changes when the server's numbering starts anew") };

const snapshot = z.object({
  type: z.literal('snapshot'),
  ...place,
  seq: z.int().min(0).describe('the last event that the snapshot includes'),
  participants: z.array(participantState),
  verdicts: z.array(verdictEvent).describe("each participant's latest, and those within `historyMs`, oldest first"),
  segments: z.array(z.object({ participant: z.string(), segment })).describe('the open one of each participant'),
  load: load.exactOptional().describe('absent: the host keeps up'),
});

const event = z.object({ type: z.literal('event'), ...place, seq: z.int().min(1), event: roomEvent });

const conflated = z.object({
  type: z.literal('conflated'),
  ...place,
  from: z.int().min(1),
  seq: z.int().min(1).describe('the last number that this message stands for'),
  events: z.array(roomEvent).describe('the latest of each kind and participant in the range'),
});

/** Everything that the server may send. */
export const serverMessage = z.discriminatedUnion('type', [result, error, snapshot, event, conflated]);

/** A message from a client, defaults filled in. */
export type ClientMessage = z.infer<typeof clientMessage>;
/** A message as a client may write it, defaults left out. */
export type ClientRequest = z.input<typeof clientMessage>;
/** A message from the server. */
export type ServerMessage = z.infer<typeof serverMessage>;
/** What happened in a room: the body of an `event`. */
export type RoomEvent = z.infer<typeof roomEvent>;
/** A participant as the room sees them. */
export type ParticipantState = z.infer<typeof participantState>;
/** A verdict with its participant and window number. */
export type VerdictMessage = z.infer<typeof verdictEvent>;
/** A verdict as it travels, and as a line of `analyse`. */
export type VerdictJson = z.infer<typeof verdict>;
/** How far a host has fallen back, as it travels. */
export type LoadJson = z.infer<typeof load>;
/** A segment as it travels. */
export type SegmentJson = z.infer<typeof segment>;
/** The state of a room at one `seq`. */
export type Snapshot = z.infer<typeof snapshot>;
/** What people are told before they join. */
export type RoomTerms = z.infer<typeof roomTerms>;
export type { DeletionReceipt as Receipt } from './domain/trust.ts';
/** What a token allows: to join, to watch, to review, or all. */
export type Role = z.infer<typeof results.hello>['role'];
/** What each request is answered with, by the request's type. */
export type Results = { [K in keyof typeof results]: z.infer<(typeof results)[K]> };
