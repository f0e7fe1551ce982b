/** The monitor with everything but WebRTC: what capacity and memory are measured on. */
import { startInference } from '../../models/pool.ts';
import { createAdmission } from '../../pipelines/admission.ts';
import { analyse, dismiss } from '../../pipelines/analyse.ts';
import { attend } from '../../pipelines/attend.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { HostLoad, VerdictEvent } from '../../src/domain.ts';
import { systemClock } from '../../src/io/clock.ts';
import { startDecoder } from '../../src/io/decode.ts';
import { startGateway } from '../../src/io/gateway.ts';
import { startHttp } from '../../src/io/http.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import { openPeople } from '../../src/io/people.ts';
import type { PeopleOptions } from '../../src/io/people.ts';
import { createRooms } from '../../src/io/rooms.ts';
import type { Joined } from '../../src/io/participant.ts';
import type { MediaServer } from '../../src/ports.ts';
import { startCrowd } from './crowd.ts';
import { createTally, silent } from './quiet.ts';
import type { Recording } from './recording.ts';

export const ROOM = 'bench';

/** RTP in, WebSocket out, in this process; subscribers connect from another. */
export async function startStage(packDir: string, recording: Recording) {
  const clock = systemClock();
  const meter = createTally();
  const log = silent;
  const inference = await startInference({ packDir, meter, log });
  const decoder = await startDecoder({ meter, log });
  const judging = { inference, clock, meter, require: 'any' as const };
  const broker = memoryBroker({
    capacity: 256,
    onDiscard: (window, reason) => {
      broker.publishVerdict(dismiss(window, reason, judging));
    },
    meter,
  });
  const admission = createAdmission({ inference, clock, meter, log, hopMs: 500, maxHopMs: 3000, waitMs: 500 });
  let load: HostLoad = { hopMs: 500, oneIn: 1 };
  admission.load.subscribe((next) => (load = next));
  const analysis = analyse({ broker, admission, ...judging }).subscribe();
  /** When each window closed, `participant:seq` to ms, until somebody asks. */
  const closed = new Map<string, number>();
  const watched = {
    ...broker,
    publishWindow: (window: Parameters<typeof broker.publishWindow>[0]) => {
      closed.set(`${window.participant}:${window.seq.toString()}`, window.closedMs);
      broker.publishWindow(window);
    },
  };
  const onJoin = ({ source, consent }: Joined) => {
    const screen = (event: VerdictEvent) => rooms.screen(event);
    const turns = admission.turns(source.ref);
    const told = attend(source, { broker: watched, consent, windows: {}, inference, clock, meter, screen, turns });
    const subscription = told.subscribe((news) => {
      if (news.kind === 'verdict') rooms.publishVerdict(news.event);
      else rooms.publishSegment(source.ref, news.segment);
    });
    return () => {
      subscription.unsubscribe();
    };
  };
  const people = await openPeople({ rooms: [ROOM], store: noStore, clock, meter, log });
  const rooms = createRooms({ names: [ROOM], media: noMedia, people, maxParticipants: 256, onJoin, clock, meter, log });
  const site = { host: '127.0.0.1', port: 0, staticDir: '/nonexistent', health: () => ({ checks: {} }) };
  const http = await startHttp({ ...site, meter: { ...meter, text: () => Promise.resolve(''), contentType: '' }, log });
  const { pack } = inference;
  const gateway = startGateway({
    server: http.server,
    rooms,
    verify: () => Promise.resolve({ id: 'bench', role: 'admin', expiresMs: Infinity }),
    helloInfo: {
      version: 'bench',
      heartbeatMs: 15_000,
      windowMs: 3000,
      hopMs: 500,
      pack: { ...pack, labels: [...pack.labels], ...pack.decision },
    },
    clock,
    meter,
    log,
  });
  const crowd = startCrowd({ decoder, clock, recording, room: ROOM });
  return {
    url: `${http.url.replace('http', 'ws')}/ws`,
    rooms,
    crowd,
    meter,
    closed,
    /** How far the host has fallen back now. */
    load: () => load,
    async close() {
      crowd.close();
      rooms.close();
      await gateway.close();
      analysis.unsubscribe();
      admission.close();
      await broker.close();
      await decoder.close();
      await inference.close();
      await http.close();
    },
  };
}

const noMedia: MediaServer = {
  join: () => Promise.reject(new UndertoneError('forbidden', 'the benchmark takes no WebRTC')),
  status: () => ({ workers: 0, workersAlive: 0 }),
  close: () => Promise.resolve(),
};

/** Agreements are taken and not written down: how long a database takes is measured on its own. */
const noStore: PeopleOptions['store'] = {
  settings: { of: () => Promise.resolve(null), all: () => Promise.resolve([]), save: () => Promise.resolve() },
  people: {
    grant: () => Promise.resolve(),
    consents: () => Promise.resolve([]),
    withdraw: () => Promise.reject(new UndertoneError('not-found', 'the benchmark keeps nothing')),
  },
};
