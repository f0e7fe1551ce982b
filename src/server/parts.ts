/** What the settings make of each part of a server. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AdmissionDeps } from '../../pipelines/admission.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import type { WindowOptions } from '../core/windows.ts';
import type { ModelPack } from '../domain.ts';
import type { HelloInfo } from '../io/gateway-connection.ts';
import { startHttp } from '../io/http.ts';
import type { HttpOptions } from '../io/http.ts';
import type { Access } from '../io/tokens.ts';
import { clipKeys } from '../io/clips/clip-keys.ts';
import { clipStore } from '../io/clips/clip-store.ts';
import { owedWithdrawals } from '../io/owed-withdrawals.ts';
import { openTrust } from '../io/trust.ts';
import type { Trust } from '../io/trust.ts';
import { startWebRtc } from '../io/webrtc.ts';
import type { WebRtcOptions } from '../io/webrtc.ts';
import type { ClipStore } from '../ports/store.ts';
import type { Clock } from '../ports.ts';

const HEARTBEAT_MS = 15_000;
const PAGES = fileURLToPath(new URL('../../dist/clients', import.meta.url));

type Telemetry = Pick<WebRtcOptions, 'meter' | 'log'>;

/** Pages, health, metrics and the API. */
export function startSite(
  config: Config,
  deps: Pick<HttpOptions, 'health' | 'api' | 'meter' | 'log'> & { readonly verify: (token: string) => Promise<Access> },
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

/** Where clips are kept. */
export function openClips({ UNDERTONE_DATA_DIR: dir, UNDERTONE_CLIP_KEY: keys = [] }: Config): ClipStore {
  return clipStore({ folder: join(dir, 'clips'), keys: clipKeys(keys) });
}

/** Where what is kept is kept, whose tokens are good, and what runs on it. */
export function startTrust(
  config: Config,
  deps: Telemetry & { readonly clock: Clock; readonly clips: ClipStore },
): Promise<Trust> {
  const { DATABASE_URL: url, UNDERTONE_JWKS_URL: jwksUrl } = config;
  const { UNDERTONE_JWT_ISSUER: issuer, UNDERTONE_JWT_AUDIENCE: audience } = config;
  const provider = jwksUrl !== undefined && issuer !== undefined && audience !== undefined;
  return openTrust({
    ...deps,
    store:
      url === undefined
        ? { at: 'folder', folder: join(config.UNDERTONE_DATA_DIR, 'store') }
        : { at: 'postgres', url, onLost: (error) => deps.log.warn({ error }, 'a connection to the database broke') },
    owed: owedWithdrawals(join(config.UNDERTONE_DATA_DIR, 'withdrawals.json')),
    rooms: config.UNDERTONE_ROOMS,
    secret: config.UNDERTONE_SECRET,
    ...(provider && { provider: { jwksUrl, issuer, audience } }),
  });
}

/** Where browsers send their media. */
export function startMedia(config: Config, deps: Pick<WebRtcOptions, 'decoder' | 'clock'> & Telemetry) {
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

/** How long a window may wait for an inference worker, ms: well below what makes it stale, and not so long that it is felt. */
const MAX_WAIT_MS = 500;

/** How far the server falls back when it cannot keep up. */
export function admissionOptions(config: Config): Pick<AdmissionDeps, 'hopMs' | 'maxHopMs' | 'waitMs'> {
  return {
    hopMs: config.UNDERTONE_HOP_MS,
    maxHopMs: Math.min(config.UNDERTONE_MAX_HOP_MS, config.UNDERTONE_WINDOW_MS),
    waitMs: Math.min(MAX_WAIT_MS, config.UNDERTONE_STALE_MS / 2),
  };
}

/** How windows are cut. */
export function windowOptions(config: Config, { encoders }: Pick<ModelPack, 'encoders'>): WindowOptions {
  return {
    carriesSound: encoders.voice !== undefined,
    lengthMs: config.UNDERTONE_WINDOW_MS,
    hopMs: config.UNDERTONE_HOP_MS,
    graceMs: config.UNDERTONE_GRACE_MS,
    staleMs: config.UNDERTONE_STALE_MS,
    looksPerSecond: config.UNDERTONE_FACES_PER_SECOND,
  };
}

/** What every client is told of this server and its pack. */
export function helloInfo(config: Config, { name, version, labels, decision }: ModelPack): HelloInfo {
  const { thresholds, minTopProbability, reject } = decision;
  return {
    version: manifest.version,
    heartbeatMs: HEARTBEAT_MS,
    windowMs: config.UNDERTONE_WINDOW_MS,
    hopMs: config.UNDERTONE_HOP_MS,
    pack: { name, version, labels: [...labels], thresholds, minTopProbability, ...(reject && { reject }) },
  };
}
