/**
 * A server for the pages under test: serves the built pages with the product's security headers, speaks the protocol,
 * and says exactly what a test tells it to. Verdicts are made by arithmetic, so that every run shows the same.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { LABELS } from '../../src/core/labels.ts';
import { perceive } from '../../src/core/perception.ts';
import { NO_SEGMENT, segment } from '../../src/core/segments.ts';
import type { Label, Perception, PerLabel, RejectReason, Verdict } from '../../src/domain.ts';
import { CLOSE, clientMessage, SUBPROTOCOL } from '../../src/protocol.ts';
import type {
  LoadJson,
  ParticipantState,
  Results,
  RoomEvent,
  SegmentJson,
  VerdictMessage,
} from '../../src/protocol.ts';

export const TOKEN = 'a-token-for-the-stage';
export const HOP_MS = 500;
const WINDOW_MS = 3000;
const THRESHOLDS: PerLabel = Object.fromEntries(LABELS.map((label) => [label, 0.3]));
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webm': 'video/webm',
};

/** What joining the lobby means, unless a test says otherwise. */
export const TERMS: Results['room'] = {
  room: 'lobby',
  purpose: 'customer-call',
  jurisdiction: 'eu',
  justification: null,
  roles: [
    { role: 'participant', kind: 'other', analysed: true, because: null },
    {
      role: 'agent',
      kind: 'employee',
      analysed: false,
      because: 'In the EU it is forbidden to analyse people at work.',
    },
    { role: 'stream', kind: 'other', analysed: true, because: null },
    { role: 'sample', kind: 'other', analysed: true, because: null },
  ],
  consent: {
    text: 'Your voice and face are sent to this server.\n\nThe numbers are kept for 30 days.',
    version: '0123456789abcdef',
  },
  sample: { text: 'I send the sample clip. Nobody is analysed.', version: 'fedcba9876543210' },
  keeping: 'segments',
  clips: true,
  retention: { clipsMs: 604_800_000, scoresMs: 2_592_000_000, reviewsMs: 7_776_000_000 },
  words: { purpose: 'a call with a customer', kept: 'the numbers for 30 days, short clips for 7 days' },
};

/** What a withdrawal on the stage is answered with. */
export const RECEIPT: NonNullable<Results['consent']['receipt']> = {
  room: 'lobby',
  participant: 'p-browser',
  id: 'receipt-1',
  atMs: 1_761_998_403_500,
  deleted: { clips: 2, segments: 31, verdicts: 0, reviewItems: 2, annotations: 1 },
  kept: ['the record of consent and of its withdrawal: it proves that analysis was allowed, and until when'],
};

/** Signalling that a browser accepts; media goes to a port where nobody listens. */
const ANSWERS: Readonly<Record<string, object>> = {
  join: {
    participant: 'p-browser',
    key: 'a-key',
    routerRtpCapabilities: {
      codecs: [
        { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 100 },
        { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 101 },
      ],
      headerExtensions: [],
    },
  },
  room: TERMS,
  consent: { receipt: null },
  'open-transport': {
    transport: 't1',
    iceParameters: { usernameFragment: 'stage', password: 'stage-stage-stage-stage', iceLite: true },
    iceCandidates: [
      { foundation: 'udp', priority: 1, ip: '127.0.0.1', address: '127.0.0.1', protocol: 'udp', port: 9, type: 'host' },
    ],
    dtlsParameters: {
      role: 'auto',
      fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
    },
  },
  produce: { producer: 'm1' },
};

/** One participant on the stage. */
export interface Actor {
  readonly id: string;
  /** Say something new of the participant. */
  become(change: Partial<ParticipantState>): void;
  /** A verdict on the next window, which accepts unless told otherwise. */
  judge(probabilities: PerLabel, options?: Judgement): void;
  leave(): void;
}

/** What is special about a verdict. */
export interface Judgement {
  readonly reject?: RejectReason;
  readonly missing?: Verdict['missing'];
  /** How long ago the window ended. Default 150 ms. */
  readonly agoMs?: number;
}

export interface Stage {
  readonly url: string;
  /** Ends every connection, as a server that goes away does; new ones are refused until `rise`. */
  fall(): void;
  rise(): void;
  join(name: string, change?: Partial<ParticipantState>): Actor;
  /** Say how far the host has fallen back. */
  fallBack(load: LoadJson): void;
  /** Requests that publishers sent, oldest first. */
  readonly asked: readonly { readonly type: string }[];
  close(): Promise<void>;
}

type Rules = NonNullable<Results['hello']['pack']['reject']>;

const promise = (risk: number) => ({
  ...{ risk, delta: 0.1, n: 2000, accepted: 1500, wrong: 120 },
  clips: 'clips made by arithmetic',
});
const rung = (risk: number, threshold: number) => ({ risk, threshold, accepted: 1000, wrong: 10 });

/** Rules with ladders for faces, and for voice and face; a voice alone has none. */
export const LADDERS: Rules = {
  face: { score: 'confidence', threshold: 0.3, promise: promise(0.1) },
  both: {
    score: 'confidence',
    threshold: 0.4,
    promise: promise(0.1),
    ladder: { delta: 0.1, rungs: [rung(0.03, 0.1), rung(0.05, 0.2), rung(0.15, 0.55), rung(0.2, 0.9)] },
  },
};

interface StageOptions {
  readonly rooms?: string[];
  readonly port?: number;
  readonly pages?: string;
  /** The pack's reject rules, which verdicts are decided by. Default none. */
  readonly reject?: Rules;
}

export async function openStage({
  rooms = ['lobby'],
  port = 0,
  pages = 'dist/clients',
  reject: rules,
}: StageOptions = {}): Promise<Stage> {
  const subscribers = new Set<WebSocket>();
  const sockets = new Set<WebSocket>();
  const participants = new Map<string, ParticipantState>();
  const verdicts: VerdictMessage[] = [];
  const segments = new Map<string, SegmentJson>();
  const asked: { type: string }[] = [];
  const epoch = `e${Date.now().toString(36)}`;
  const room = 'lobby';
  let seq = 0;
  let up = true;

  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://stage');
    if (request.method === 'POST' && pathname.endsWith('/withdrawal')) {
      asked.push({ type: `withdrawal by ${request.headers.authorization ?? 'nobody'}` });
      response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(RECEIPT));
      return;
    }
    const page = { '/': '/dashboard/index.html', '/join': '/publisher/index.html' }[pathname] ?? pathname;
    readFile(join(pages, normalize(page))).then(
      (body) => response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(page)] ?? 'text/plain' }).end(body),
      () => response.writeHead(404, HEADERS).end('not found'),
    );
  });
  const server = new WebSocketServer({ server: http, path: '/ws', handleProtocols: () => SUBPROTOCOL });

  const hello: Results['hello'] = {
    role: 'admin',
    version: '0.1.0',
    heartbeatMs: 5000,
    windowMs: WINDOW_MS,
    hopMs: HOP_MS,
    rooms,
    pack: {
      name: 'starter',
      version: '1',
      labels: [...LABELS],
      thresholds: THRESHOLDS,
      minTopProbability: 0.3,
      ...(rules && { reject: rules }),
    },
  };
  let load: LoadJson | null = null;
  const snapshot = () => ({
    type: 'snapshot',
    room,
    epoch,
    seq,
    participants: [...participants.values()],
    verdicts,
    segments: [...segments].map(([participant, open]) => ({ participant, segment: open })),
    ...(load && { load }),
  });
  const tell = (event: RoomEvent) => {
    const text = JSON.stringify({ type: 'event', room, epoch, seq: ++seq, event });
    for (const subscriber of subscribers) subscriber.send(text);
  };

  server.on('connection', (socket) => {
    if (!up) {
      socket.close(CLOSE.draining, 'the stage is down');
      return;
    }
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      subscribers.delete(socket);
    });
    socket.on('message', (data: Buffer) => {
      const message = clientMessage.parse(JSON.parse(data.toString()));
      const answer = (result: object) => socket.send(JSON.stringify({ type: 'result', id: message.id, data: result }));
      asked.push(message);
      if (message.type === 'hello') {
        if (message.token === TOKEN) {
          answer(hello);
          return;
        }
        const refusal = { type: 'error', id: message.id, code: 'unauthenticated', message: 'the token is not valid' };
        socket.send(JSON.stringify(refusal));
        socket.close(CLOSE.unauthenticated, 'the token is not valid');
        return;
      }
      const withdrawn = message.type === 'consent' && !message.granted;
      answer(withdrawn ? { receipt: RECEIPT } : (ANSWERS[message.type] ?? {}));
      if (message.type !== 'subscribe') return;
      subscribers.add(socket);
      socket.send(JSON.stringify(snapshot()));
    });
  });

  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;

  return {
    url,
    asked,
    fall: () => {
      up = false;
      for (const socket of sockets) socket.close(CLOSE.draining, 'the stage is down');
    },
    rise: () => (up = true),
    fallBack: (next) => {
      load = next;
      tell({ kind: 'load', load });
    },
    join: (name, change = {}) => {
      const id = `p-${name.toLowerCase().replaceAll(/[^a-z]/g, '')}`;
      let state: ParticipantState = {
        id,
        name,
        role: 'participant',
        joinedMs: participants.size,
        connected: true,
        consented: true,
        microphone: 'live',
        camera: 'live',
        ...change,
      };
      let windows = 0;
      let steady = NO_SEGMENT;
      let endMs = 0;
      const announce = () => {
        participants.set(id, state);
        tell({ kind: 'participant', participant: state });
      };
      announce();
      return {
        id,
        become: (next) => {
          state = { ...state, ...next };
          announce();
        },
        judge: (probabilities, { reject = null, missing = {}, agoMs = 150 } = {}) => {
          endMs = Math.max(Date.now() - agoMs, endMs + 1);
          const verdict = verdictOf(probabilities, { endMs, reject, missing, rules });
          const message = { participant: id, seq: windows++, verdict, latencyMs: 34 + (windows % 5) };
          const [next, changed] = segment(steady, verdict);
          steady = next;
          verdicts.push(message);
          tell({ kind: 'verdict', ...message });
          for (const { labels, ...rest } of changed) {
            const open = { ...rest, labels: [...labels] };
            if (open.open) segments.set(id, open);
            tell({ kind: 'segment', participant: id, segment: open });
          }
        },
        leave: () => {
          participants.delete(id);
          segments.delete(id);
          tell({ kind: 'participant-left', participant: id });
        },
      };
    },
    close: async () => {
      for (const socket of sockets) socket.terminate();
      server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

interface Judged {
  readonly endMs: number;
  readonly reject: RejectReason | null;
  readonly missing: Verdict['missing'];
  readonly rules: Rules | undefined;
}

function verdictOf(
  probabilities: PerLabel,
  { endMs, reject, missing, rules }: Judged,
): Verdict & {
  labels: Label[];
  withheld?: Label[];
  modalities: ('voice' | 'face')[];
  perception?: Perception & { grid: number[] };
} {
  const labels = (Object.entries(probabilities) as [Label, number][])
    .filter(([label, p]) => p > (THRESHOLDS[label] ?? 1))
    .sort(([, a], [, b]) => b - a)
    .map(([label]) => label);
  const sum = Object.values(probabilities).reduce((total, p) => total + p, 0);
  const shares = Object.fromEntries(Object.entries(probabilities).map(([label, p]) => [label, p / sum]));
  const perception = perceive(shares);
  const base = {
    startMs: endMs - WINDOW_MS,
    endMs,
    probabilities,
    shares,
    ...(sum > 0 && { perception: { ...perception, grid: [...perception.grid] } }),
    modalities: (['voice', 'face'] as const).filter((modality) => !(modality in missing)),
    missing,
    uncertainty: sum === 0 ? null : 1,
    pack: 'starter@1',
    calibration: null,
  };
  const [only = 'voice'] = base.modalities;
  const rule = rules?.[base.modalities.length > 1 ? 'both' : only];
  const value = 1 - Math.max(...Object.values(probabilities), 0);
  const limit = typeof rule?.threshold === 'number' ? rule.threshold : 0.7;
  const doubt = rules === undefined || sum === 0 ? {} : { doubt: { score: 'confidence' as const, value, limit } };
  const reason = reject ?? ('doubt' in doubt && value > limit ? 'low-confidence' : null);
  return reason === null
    ? { ...base, ...doubt, status: 'accepted', reason: null, labels }
    : { ...base, ...doubt, withheld: sum === 0 ? [] : labels, status: 'rejected', reason, labels: [] };
}
