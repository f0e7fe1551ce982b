/** The live monitor put together: the only place where pipelines, outside things and networks meet. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BehaviorSubject, Subject, filter, firstValueFrom } from 'rxjs';
import manifest from '../package.json' with { type: 'json' };
import { startInference } from '../models/pool.ts';
import { analyse, dismiss } from '../pipelines/analyse.ts';
import { attend } from '../pipelines/attend.ts';
import { hereOrInProject } from './commands/project.ts';
import { startDecoder } from './io/decode.ts';
import type { Config } from './config.ts';
import { clipKeys } from './io/clips/clip-keys.ts';
import { clipStore } from './io/clips/clip-store.ts';
import { mediaFile } from './io/ffmpeg.ts';
import { startGateway } from './io/gateway.ts';
import type { HelloInfo } from './io/gateway-connection.ts';
import { startHttp } from './io/http.ts';
import type { HttpOptions } from './io/http.ts';
import type { Health } from './io/http-site.ts';
import { memoryBroker } from './io/memory-broker.ts';
import { createRooms } from './io/rooms.ts';
import type { Joined } from './io/participant.ts';
import { systemClock } from './io/clock.ts';
import { createLog } from './io/telemetry-log.ts';
import { createMeter } from './io/telemetry.ts';
import { signToken } from './io/tokens.ts';
import type { Access } from './io/tokens.ts';
import { openTrust } from './io/trust.ts';
import type { Trust } from './io/trust.ts';
import { startWebRtc } from './io/webrtc.ts';
import type { WebRtcOptions } from './io/webrtc.ts';
import type { WindowOptions } from './core/windows.ts';
import type { ModelPack, VerdictEvent, Window } from './domain.ts';
import { UndertoneError } from './errors.ts';
import type { Broker, Clock, Log, Meter } from './ports.ts';

/** A monitor that runs. */
export interface Server {
  /** Where its pages are, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly log: Log;
  readonly meter: Meter & { text(): Promise<string> };
  /** Takes nobody in any more, finishes what is in flight, tells everyone to reconnect, and frees everything. */
  close(): Promise<void>;
}

const HEARTBEAT_MS = 15_000;
/** How long an ending server waits for verdicts on the windows that were cut, ms. */
const MAX_DRAIN_MS = 3000;
const PAGES = fileURLToPath(new URL('../dist/clients', import.meta.url));

/**
 * Start the monitor. Health and pages are served at once; `/readyz` says when the networks are warm, which is when this
 * resolves.
 * @throws UndertoneError for what cannot be started: `port-in-use`, `pack-invalid`, `setup-missing`, `config-invalid`.
 * @example
 * const server = await startServer(readConfig(process.env));
 * await server.close();
 */
export async function startServer(config: Config): Promise<Server> {
  const clock = systemClock();
  const meter = createMeter();
  const log = createLog(config.UNDERTONE_LOG, { meter });
  const started: { readonly close: () => Promise<void> | void }[] = [];
  /** Undone in reverse, whether starting fails half-way or the server is told to close. */
  const close = async (): Promise<void> => {
    for (const each of started.splice(0).reverse()) await each.close();
  };
  const keep = <T extends { close(): Promise<void> | void }>(thing: T): T => {
    started.push({ close: () => thing.close() });
    return thing;
  };
  let trust: Trust | null = null;
  const verify = async (token: string) => {
    if (trust === null) throw new UndertoneError('unauthenticated', 'the server is still starting: try again');
    return trust.verify(token);
  };

  try {
    let health = (): Health => ({ checks: { started: { ok: false, detail: 'still loading' } } });
    const http = keep(await startSite(config, { health: () => health(), verify, meter, log }));
    const { people, revocations } = (trust = keep(await startTrust(config, { clock, meter, log })));
    const inference = keep(
      await startInference({
        packDir: hereOrInProject(config.UNDERTONE_PACK),
        providers: config.UNDERTONE_PROVIDERS,
        workers: config.UNDERTONE_INFERENCE_WORKERS,
        meter,
        log,
      }),
    );
    const decoder = keep(await startDecoder({ workers: config.UNDERTONE_DECODE_WORKERS, meter, log }));
    const media = keep(await startMedia(config, { decoder, clock, meter, log }));
    const judging = { inference, clock, meter, require: config.UNDERTONE_REQUIRE };
    const broker = keep(
      memoryBroker({
        capacity: config.UNDERTONE_WINDOW_QUEUE,
        onDiscard: (window, reason) => {
          broker.publishVerdict(dismiss(window, reason, judging));
        },
        meter,
      }),
    );
    let analysing = true;
    analyse({ broker, ...judging }).subscribe({
      error: (error: unknown) => {
        analysing = false;
        log.error({ error }, 'analysis stopped');
      },
    });

    const windows = windowOptions(config);
    const draining = new Subject<void>();
    const untold = countUntold(broker);
    const onJoin = ({ source, consent }: Joined): (() => void) => {
      const screen = (event: VerdictEvent) => rooms.screen(event);
      const told = attend(source, {
        broker: untold.broker,
        consent,
        draining,
        windows,
        inference,
        clock,
        meter,
        screen,
      });
      const subscription = told.subscribe((news) => {
        if (news.kind === 'verdict') rooms.publishVerdict(news.event);
        else {
          if (!news.segment.open) meter.count('undertone_segments_total', { status: news.segment.status });
          rooms.publishSegment(source.ref, news.segment);
        }
      });
      return () => {
        subscription.unsubscribe();
      };
    };
    const rooms = createRooms({
      names: config.UNDERTONE_ROOMS,
      maxParticipants: config.UNDERTONE_MAX_PARTICIPANTS,
      reconnectMs: config.UNDERTONE_RECONNECT_MS,
      media,
      people,
      onJoin,
      clock,
      meter,
      log,
    });
    keep(rooms);
    for (const { room, name, url } of config.UNDERTONE_SOURCES ?? []) {
      const source = mediaFile(url, {
        ref: { room, participant: name },
        framesPerSecond: config.UNDERTONE_FACES_PER_SECOND,
        ffmpeg: config.UNDERTONE_FFMPEG,
        // A camera that is away for a night comes back in the morning.
        attempts: Infinity,
        live: true,
        onLost: (attempt, cause) => {
          log.warn({ room, participant: name, attempt, reason: cause?.message }, 'a stream is lost; trying again');
        },
        clock,
      });
      await rooms.addSource(source, { name, role: 'stream' });
    }
    keep(
      startGateway({
        server: http.server,
        rooms,
        verify,
        revocations,
        origins: config.UNDERTONE_ORIGINS ?? [],
        limits: { maxConnections: config.UNDERTONE_MAX_CONNECTIONS },
        helloInfo: helloInfo(config, inference.pack),
        clock,
        meter,
        log,
      }),
    );
    health = () => {
      const networks = inference.status();
      const workers = media.status();
      const decoders = decoder.status();
      return {
        checks: {
          started: { ok: true },
          store: { ok: !revocations.away },
          analysis: { ok: analysing },
          model: { ok: networks.ready, detail: networks.provider },
          webrtc: { ok: workers.workersAlive === workers.workers },
          decoder: { ok: decoders.workersAlive === decoders.workers },
        },
      };
    };
    return {
      url: http.url,
      log,
      meter,
      async close() {
        health = () => ({ checks: { started: { ok: false, detail: 'draining' } } });
        draining.next();
        const limitMs = Math.min(config.UNDERTONE_STALE_MS, MAX_DRAIN_MS);
        await Promise.race([untold.none(), sleep(limitMs, undefined, { ref: false })]);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Counts the windows whose verdict is still to come, so that a server that ends can wait for them. */
function countUntold(broker: Broker) {
  const none = new BehaviorSubject(0);
  broker.onVerdict(() => {
    none.next(none.value - 1);
  });
  return {
    broker: {
      ...broker,
      publishWindow(window: Window) {
        none.next(none.value + 1);
        broker.publishWindow(window);
      },
    },
    none: () => firstValueFrom(none.pipe(filter((count) => count <= 0))),
  };
}

type Telemetry = Pick<WebRtcOptions, 'meter' | 'log'>;

function startSite(
  config: Config,
  deps: Pick<HttpOptions, 'health' | 'meter' | 'log'> & { readonly verify: (token: string) => Promise<Access> },
) {
  const { verify, ...rest } = deps;
  return startHttp({
    ...rest,
    host: config.UNDERTONE_HOST,
    port: config.UNDERTONE_PORT,
    origins: config.UNDERTONE_ORIGINS ?? [],
    staticDir: PAGES,
    authorize: async ({ headers }) => {
      const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
      if (token === undefined) return false;
      return verify(token).then(
        ({ role }) => role === 'admin',
        () => false,
      );
    },
  });
}

/** Where what is kept is kept, whose tokens are good, and what runs on it. */
function startTrust(config: Config, deps: Telemetry & { readonly clock: Clock }): Promise<Trust> {
  const { DATABASE_URL: url, UNDERTONE_JWKS_URL: jwksUrl } = config;
  const { UNDERTONE_JWT_ISSUER: issuer, UNDERTONE_JWT_AUDIENCE: audience } = config;
  const provider = jwksUrl !== undefined && issuer !== undefined && audience !== undefined;
  return openTrust({
    ...deps,
    store:
      url === undefined
        ? { at: 'folder', folder: join(config.UNDERTONE_DATA_DIR, 'store') }
        : { at: 'postgres', url, onLost: (error) => deps.log.warn({ error }, 'a connection to the database broke') },
    clips: clipStore({
      folder: join(config.UNDERTONE_DATA_DIR, 'clips'),
      keys: clipKeys(config.UNDERTONE_CLIP_KEY ?? []),
    }),
    rooms: config.UNDERTONE_ROOMS,
    secret: config.UNDERTONE_SECRET,
    ...(provider && { provider: { jwksUrl, issuer, audience } }),
  });
}

function startMedia(config: Config, deps: Pick<WebRtcOptions, 'decoder' | 'clock'> & Telemetry) {
  const { UNDERTONE_WEBRTC_ANNOUNCED: announced, UNDERTONE_WORKER_BIN: workerBin } = config;
  return startWebRtc({
    ...deps,
    workers: config.UNDERTONE_WEBRTC_WORKERS,
    host: config.UNDERTONE_WEBRTC_HOST,
    port: config.UNDERTONE_WEBRTC_PORT,
    videoFps: config.UNDERTONE_FACES_PER_SECOND,
    ...(announced !== undefined && { announced }),
    ...(workerBin !== undefined && { workerBin }),
  });
}

function windowOptions(config: Config): WindowOptions {
  return {
    lengthMs: config.UNDERTONE_WINDOW_MS,
    hopMs: config.UNDERTONE_HOP_MS,
    graceMs: config.UNDERTONE_GRACE_MS,
    staleMs: config.UNDERTONE_STALE_MS,
    looksPerSecond: config.UNDERTONE_FACES_PER_SECOND,
  };
}

function helloInfo(config: Config, { name, version, labels, decision }: ModelPack): HelloInfo {
  const { thresholds, minTopProbability, reject } = decision;
  return {
    version: manifest.version,
    heartbeatMs: HEARTBEAT_MS,
    windowMs: config.UNDERTONE_WINDOW_MS,
    hopMs: config.UNDERTONE_HOP_MS,
    pack: { name, version, labels: [...labels], thresholds, minTopProbability, ...(reject && { reject }) },
  };
}

/** A token for whoever started the server on this machine. */
export function localToken(config: Config): Promise<string> {
  return signToken(config.UNDERTONE_SECRET, { role: 'admin', subject: 'local' }, 7 * 24 * 3600);
}
