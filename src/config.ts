/**
 * The only reader of the environment. Everything is validated once, at start; what is wrong is reported together, each
 * with the variable's name and the remedy. The README's table is generated from this file (`npm run docs:config`).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const ms = (fallback: number, min: number, max: number) => z.coerce.number().min(min).max(max).default(fallback);
const count = (fallback: number, max = 100_000) => z.coerce.number().int().min(1).max(max).default(fallback);
const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
    z.array(item).min(1),
  );

/** A web origin as browsers send it: what follows the port is left out. */
const origin = z
  .url({ protocol: /^https?$/, error: 'must look like https://host' })
  .transform((url) => new URL(url).origin);

const STREAM =
  /^(?<room>[A-Za-z0-9][\w.-]{0,63})\/(?<name>[A-Za-z0-9][\w.-]{0,63})=(?<url>(?:rtsps?|rtmps?|https?):\/\/\S+)$/;

const stream = z.string().transform((text, context) => {
  const { room, name, url } = STREAM.exec(text)?.groups ?? {};
  if (room !== undefined && name !== undefined && url !== undefined) return { room, name, url };
  context.addIssue({ code: 'custom', message: 'write each as room/name=url, for example lobby/door=rtsp://camera/1' });
  return z.NEVER;
});

/** Keys that somebody on the way could change would let them in. */
function isProtected(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', '::1', 'localhost']);

/** Every setting: environment variable, type, default, meaning. */
export const settings = z.object({
  UNDERTONE_HOST: z.string().default('127.0.0.1').describe('Address the HTTP and WebSocket server listens on'),
  UNDERTONE_PORT: port.default(8080).describe('Its TCP port; 0 takes a free one'),
  UNDERTONE_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Signs the tokens (HS256), 32 characters or more. Required off loopback; on loopback one is made and kept',
    ),
  UNDERTONE_ORIGINS: list(origin)
    .optional()
    .describe("Web origins whose pages may connect, comma-separated; the server's own pages always may"),
  UNDERTONE_DATA_DIR: z.string().default('.undertone').describe('Folder for what the server keeps'),
  UNDERTONE_CLIP_KEY: list(
    z.string().regex(/^(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?)$/i, {
      error: 'must be 32 bytes in hex or base64, for example from `openssl rand -hex 32`; several comma-separated',
    }),
  )
    .optional()
    .describe(
      'Encrypts the clips that are kept for review (AES-256-GCM), 32 bytes in hex or base64. Several, comma-separated: the first encrypts, all decrypt',
    ),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must look like postgres://user:password@host/database' })
    .optional()
    .describe('Postgres that keeps agreements, scores and reviews; without it a database in UNDERTONE_DATA_DIR/store'),
  UNDERTONE_JWKS_URL: z
    .url()
    .refine(isProtected, { error: 'must begin with https:// (http:// on this machine only)' })
    .optional()
    .describe('Public keys of an identity provider whose tokens are good here too (RS256, ES256, EdDSA)'),
  UNDERTONE_JWT_ISSUER: z.string().optional().describe('What its tokens say in `iss`; required with the keys'),
  UNDERTONE_JWT_AUDIENCE: z.string().optional().describe('What its tokens say in `aud`; required with the keys'),
  UNDERTONE_ROOMS: list(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))
    .default(['lobby'])
    .describe('Rooms that exist, comma-separated'),
  UNDERTONE_SOURCES: list(stream)
    .optional()
    .describe(
      'Live streams that take part, comma-separated `room/name=url` with an rtsp, rtmp or http (HLS) URL, its commas written %2C; who is in them must have agreed',
    ),
  UNDERTONE_PACK: z.string().default('models/packs/default').describe('Folder of the model pack'),
  UNDERTONE_PROVIDERS: list(z.enum(['cuda', 'webgpu', 'cpu']))
    .default(['cpu'])
    .describe('ONNX Runtime providers in order of preference; the first that works is used'),
  UNDERTONE_PROVIDERS_REQUIRED: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('`true`: refuse to start where the first of the providers does not work, in place of falling back'),
  UNDERTONE_INFERENCE_WORKERS: count(1, 64).describe('Inference worker threads'),
  UNDERTONE_ENCODERS: z
    .string()
    .optional()
    .describe(
      'Folder that holds the encoders that the pack names (docs/encoders.md); unset: they are where the pack says',
    ),
  UNDERTONE_ENCODER_THREADS: z.coerce
    .number()
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe('CPU threads within one run of an encoder; 0 means one a core'),
  UNDERTONE_DECODE_WORKERS: count(1, 64).describe('Decoder processes'),
  UNDERTONE_WEBRTC_WORKERS: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('mediasoup worker processes; 0 means one a core'),
  UNDERTONE_WEBRTC_HOST: z.string().default('127.0.0.1').describe('Address WebRTC listens on (UDP and TCP)'),
  UNDERTONE_WEBRTC_PORT: port
    .default(44_444)
    .describe('First WebRTC port, UDP and TCP; each further mediasoup worker takes the next one; 0 takes free ones'),
  UNDERTONE_WEBRTC_ANNOUNCED: z
    .string()
    .optional()
    .describe('Address or host name that participants reach, when it is not the one listened on'),
  UNDERTONE_WORKER_BIN: z.string().optional().describe('mediasoup worker binary; set-up finds or builds one'),
  UNDERTONE_FFMPEG: z.string().default('ffmpeg').describe('ffmpeg binary'),
  UNDERTONE_WINDOW_MS: ms(3000, 1000, 3000).describe('Length of a window, ms'),
  UNDERTONE_HOP_MS: ms(500, 100, 3000).describe('Distance between two window starts, ms'),
  UNDERTONE_MAX_HOP_MS: ms(3000, 100, 3000).describe(
    'The hop grows up to this when the host cannot keep up, before windows are skipped, ms; no longer than a window',
  ),
  UNDERTONE_GRACE_MS: ms(150, 0, 2000).describe('How long a window waits for late media before it closes, ms'),
  UNDERTONE_STALE_MS: ms(1000, 100, 60_000).describe('A window not inferred this long after it closed is rejected, ms'),
  UNDERTONE_FACES_PER_SECOND: z.coerce
    .number()
    .min(1)
    .max(30)
    .default(5)
    .describe('Video frames sampled for the face, a second'),
  UNDERTONE_REQUIRE: z
    .enum(['any', 'voice', 'face', 'both'])
    .default('any')
    .describe('Modalities a verdict needs; otherwise it is rejected with the reason of the missing one'),
  UNDERTONE_WINDOW_QUEUE: count(256).describe('Windows that may wait for inference; then the oldest is rejected'),
  UNDERTONE_MAX_PARTICIPANTS: count(64).describe('Participants in a room'),
  UNDERTONE_MAX_CONNECTIONS: count(512).describe('WebSocket connections'),
  UNDERTONE_RECONNECT_MS: ms(10_000, 0, 600_000).describe('How long a lost participant may come back, ms'),
  UNDERTONE_WEBHOOK_HOSTS: list(z.string().regex(/^[A-Za-z0-9.[\]:-]{1,255}$/))
    .optional()
    .describe('Hosts, with their port where it is not the usual one, that webhooks may reach though they are private'),
  UNDERTONE_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').describe('Log level'),
});

/** The settings as they are read, defaults filled in. */
export type Settings = z.infer<typeof settings>;

/** Validated settings, the loopback secret resolved. */
export interface Config extends Omit<Settings, 'UNDERTONE_SECRET'> {
  readonly UNDERTONE_SECRET: string;
  /** True when only this machine can connect. */
  readonly loopback: boolean;
  /** True when others can watch but only this machine can send media, which is rarely meant. */
  readonly mediaIsLocal: boolean;
}

/** Read by the CLI and the tests, not by the server. */
const ELSEWHERE = new Set(['UNDERTONE_TOKEN', 'UNDERTONE_CHROMIUM']);

/**
 * Read and validate the settings, for what runs without a server. Touches no file.
 * @throws UndertoneError `config-invalid`, naming every bad variable.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const known = new Set(Object.keys(settings.shape));
  const problems = Object.keys(env)
    .filter((key) => key.startsWith('UNDERTONE_') && !known.has(key) && !ELSEWHERE.has(key))
    .map((key) => `${key}: there is no such setting; see the table in README.md`);
  const given = Object.fromEntries(Object.entries(env).filter(([key, value]) => known.has(key) && value !== ''));
  const parsed = settings.safeParse(given);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (problems.length > 0 || !parsed.success) throw new UndertoneError('config-invalid', problems.join('\n'));
  if (parsed.data.UNDERTONE_HOP_MS > parsed.data.UNDERTONE_WINDOW_MS)
    throw new UndertoneError('config-invalid', 'UNDERTONE_HOP_MS: must not exceed UNDERTONE_WINDOW_MS');
  if (parsed.data.UNDERTONE_HOP_MS > parsed.data.UNDERTONE_MAX_HOP_MS)
    throw new UndertoneError('config-invalid', 'UNDERTONE_MAX_HOP_MS: must not be less than UNDERTONE_HOP_MS');
  const { UNDERTONE_JWKS_URL: keys, UNDERTONE_JWT_ISSUER: issuer, UNDERTONE_JWT_AUDIENCE: audience } = parsed.data;
  if (new Set([keys, issuer, audience].map((each) => each === undefined)).size > 1)
    throw new UndertoneError(
      'config-invalid',
      'UNDERTONE_JWKS_URL, UNDERTONE_JWT_ISSUER and UNDERTONE_JWT_AUDIENCE: set all three, or none',
    );
  const { UNDERTONE_ROOMS: rooms, UNDERTONE_SOURCES: sources = [] } = parsed.data;
  const places = sources.map(({ room, name }) => `${room}/${name}`);
  const astray = sources.findIndex(({ room }, i) => !rooms.includes(room) || places.indexOf(places[i] ?? '') < i);
  if (astray >= 0)
    throw new UndertoneError(
      'config-invalid',
      `UNDERTONE_SOURCES: ${places[astray] ?? ''} is named twice, or its room is not in UNDERTONE_ROOMS`,
    );
  return parsed.data;
}

/**
 * Read and validate the settings of a server, and resolve its secret.
 * @throws UndertoneError `config-invalid`, naming every bad variable; off loopback also when there is no secret.
 * @example const config = readConfig(process.env);
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config = readSettings(env);
  const loopback = LOOPBACK.has(config.UNDERTONE_HOST);
  const secret = config.UNDERTONE_SECRET ?? (loopback ? loopbackSecret(config.UNDERTONE_DATA_DIR) : undefined);
  if (secret === undefined)
    throw new UndertoneError(
      'config-invalid',
      `UNDERTONE_SECRET: required because UNDERTONE_HOST is ${config.UNDERTONE_HOST}, which others can reach; ` +
        'set it to 32 or more random characters, for example from `openssl rand -hex 32`',
    );
  const mediaIsLocal = !loopback && LOOPBACK.has(config.UNDERTONE_WEBRTC_HOST);
  return { ...config, UNDERTONE_SECRET: secret, loopback, mediaIsLocal };
}

/** The settings as they may be printed: secrets masked. */
export function maskConfig(config: Config): Readonly<Record<string, unknown>> {
  const sources = config.UNDERTONE_SOURCES?.map(({ room, name }) => `${room}/${name}=***`);
  return {
    ...config,
    UNDERTONE_SECRET: '***',
    ...(config.UNDERTONE_CLIP_KEY && { UNDERTONE_CLIP_KEY: config.UNDERTONE_CLIP_KEY.map(() => '***') }),
    ...(config.DATABASE_URL !== undefined && { DATABASE_URL: '***' }),
    ...(sources && { UNDERTONE_SOURCES: sources }),
  };
}

/** A secret that survives restarts, so that pages and CLI on this machine keep working; only its owner can read it. */
function loopbackSecret(dataDir: string): string {
  const file = join(dataDir, 'loopback-secret');
  try {
    const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    // One that was cut short, by a full disk or a kill, would be easily guessed.
    if (kept.length >= LEAST_SECRET) return kept;
    mkdirSync(dataDir, { recursive: true });
    const secret = randomBytes(32).toString('hex');
    const part = `${file}.${process.pid.toString()}.part`;
    writeFileSync(part, secret, { mode: 0o600, flush: true });
    renameSync(part, file);
    return secret;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UndertoneError(
      'config-invalid',
      `UNDERTONE_DATA_DIR: the server cannot keep its secret in '${dataDir}' (${why}): make the folder writable for this ` +
        'user, make room, or set it to another',
      { cause },
    );
  }
}

/** Characters of a secret, at least. */
const LEAST_SECRET = 32;
