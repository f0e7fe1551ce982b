/** The live monitor put together: the only place where pipelines, outside things and networks meet. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { startInference } from '../models/pool.ts';
import { createAdmission } from '../pipelines/admission.ts';
import { analyse, dismiss } from '../pipelines/analyse.ts';
import { startReview } from '../pipelines/review.ts';
import { hereOrInProject } from './commands/project.ts';
import { startDecoder } from './io/decode.ts';
import type { Config } from './config.ts';
import { loadWords } from '../clients/load-words.ts';
import { clipCutter } from './io/clips/cutter.ts';
import { mediaFile } from './io/ffmpeg.ts';
import { startGateway } from './io/gateway.ts';
import type { Api } from './io/api/api.ts';
import { say } from './io/http-site.ts';
import type { Health } from './io/http-site.ts';
import { memoryBroker } from './io/memory-broker.ts';
import { followOtherServers } from './io/other-servers.ts';
import { learntBefore } from './io/learnt-before.ts';
import { openReviewLoop } from './io/review-loop.ts';
import { createRooms } from './io/rooms.ts';
import type { Joined } from './io/participant.ts';
import { systemClock } from './io/clock.ts';
import { createLog } from './io/telemetry-log.ts';
import { createMeter } from './io/telemetry.ts';
import { signToken } from './io/tokens.ts';
import type { Trust } from './io/trust.ts';
import { startWebhooks } from './io/webhooks/runner.ts';
import { UndertoneError } from './errors.ts';
import type { HostLoad } from './domain.ts';
import type { Log, Meter } from './ports.ts';
import { attendTo } from './server/attend-to.ts';
import { encoderOptions } from './server/encoders.ts';
import { inThread } from './server/loop-thread.ts';
import { serverApi } from './server/api.ts';
import {
  admissionOptions,
  helloInfo,
  openClips,
  startMedia,
  startSite,
  startTrust,
  windowOptions,
} from './server/parts.ts';
import { countUntold } from './server/untold.ts';

/** A monitor that runs. */
export interface Server {
  /** Where its pages are, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly log: Log;
  readonly meter: Meter & { text(): Promise<string> };
  /** Takes nobody in any more, finishes what is in flight, tells everyone to reconnect, and frees everything. */
  close(): Promise<void>;
}

/** How long an ending server waits for verdicts on the windows that were cut, ms. */
const MAX_DRAIN_MS = 3000;

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
    let api: Api = (_, response) => {
      say(response.setHeader('Retry-After', '1'), 503, 'the server is still starting: try again in a moment');
      return Promise.resolve();
    };
    const answer: Api = (request, response) => api(request, response);
    const http = keep(await startSite(config, { health: () => health(), api: answer, verify, meter, log }));
    const clips = openClips(config);
    trust = keep(await startTrust(config, { clips, clock, meter, log }));
    const { people, revocations, store } = trust;
    const inference = keep(
      await startInference({
        packDir: hereOrInProject(config.UNDERTONE_PACK),
        providers: config.UNDERTONE_PROVIDERS,
        required: config.UNDERTONE_PROVIDERS_REQUIRED,
        workers: config.UNDERTONE_INFERENCE_WORKERS,
        ...encoderOptions(config),
        meter,
        log,
      }),
    );
    const decoder = keep(await startDecoder({ workers: config.UNDERTONE_DECODE_WORKERS, meter, log }));
    const media = keep(await startMedia(config, { decoder, clock, meter, log }));
    const { name, version, decision } = inference.pack;
    const pack = `${name}@${version}`;
    const review = keep(
      startReview({
        store,
        clips,
        cutter: clipCutter({ ffmpeg: config.UNDERTONE_FFMPEG, meter, log }),
        clock,
        meter,
        log,
        random: Math.random,
        newId: randomUUID,
        learntBefore: learntBefore(store.reviews, { pack, beforeMs: clock.now() }),
      }),
    );
    const loop = keep(
      await openReviewLoop({
        store,
        pack,
        decision,
        clock,
        log,
        fit: (reviewed, options, roles) =>
          inThread<'recalibration'>({ kind: 'recalibration', reviewed, options, roles }),
      }),
    );
    const judging = { inference, clock, meter, require: config.UNDERTONE_REQUIRE, calibration: loop.inForce };
    const broker = keep(
      memoryBroker({
        capacity: config.UNDERTONE_WINDOW_QUEUE,
        onDiscard: (window, reason) => {
          broker.publishVerdict(dismiss(window, reason, judging));
        },
        meter,
      }),
    );
    const admission = keep(createAdmission({ inference, clock, meter, log, ...admissionOptions(config) }));
    let analysing = true;
    analyse({ broker, admission, ...judging }).subscribe({
      error: (error: unknown) => {
        analysing = false;
        log.error({ error }, 'analysis stopped');
      },
    });

    const windows = windowOptions(config, inference.pack);
    const draining = new Subject<void>();
    const untold = countUntold(broker);
    const onJoin = (joined: Joined) =>
      attendTo(joined, {
        attending: { broker: untold.broker, draining, windows, inference, review, clock, meter },
        turns: (ref) => admission.turns(ref),
        people,
        rooms,
      });
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
    let load: HostLoad | null = null;
    admission.load.subscribe((next) => {
      // Of a host that keeps up from the start there is nothing to say.
      if (load !== null) rooms.publishLoad(next);
      load = next;
    });
    // The embedded database is this process's alone.
    if (config.DATABASE_URL !== undefined) keep(followOtherServers({ store: store.people, people, rooms, log }));
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
    api = serverApi(config, { trust, clips, rooms, loop, clock, meter, log });
    keep(
      startWebhooks({
        audit: store.audit,
        webhooks: store.webhooks,
        allowed: config.UNDERTONE_WEBHOOK_HOSTS ?? [],
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
          // A busy host does less, and is as ready as it will be.
          load: { ok: true, ...(load && { detail: loadWords(load) }) },
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

/** A token for whoever started the server on this machine. */
export function localToken(config: Config): Promise<string> {
  return signToken(config.UNDERTONE_SECRET, { role: 'admin', subject: 'local' }, 7 * 24 * 3600);
}
