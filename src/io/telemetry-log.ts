import { stripVTControlCharacters } from 'node:util';
import { destination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream } from 'pino';
import type { Log, Meter } from '../ports.ts';
import { redact, redactText } from './telemetry-redact.ts';

/** Bytes of log that may wait for a reader of stderr that is slow; then lines are dropped and counted. */
const MAX_WAITING_BYTES = 1 << 20;

/** Where the log goes. */
export interface LogOptions {
  /** Counts the lines that nobody took, as `undertone_discarded_total{queue="log"}`. Default: not counted. */
  readonly meter?: Meter;
  /** Default stderr. */
  readonly stream?: DestinationStream;
  /** One aligned line for people in place of JSON for programs. Default: when stderr is a terminal. */
  readonly pretty?: boolean;
}

/**
 * A log of one JSON object a line: time, level, the fields and the message. Secrets and media are taken out of fields
 * and message; see `redact`.
 *
 * @param level least level that is written
 * @example createLog('info').info({ room: 'lobby', participants: 3 }, 'room opened');
 */
export function createLog(level: 'silent' | 'error' | 'warn' | 'info' | 'debug', options: LogOptions = {}): Log {
  const { meter, stream = standardError(meter), pretty = process.stderr.isTTY } = options;
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pretty ? { write: (line: string) => stream.write(prettyLine(line)) } : stream,
  );
  const write =
    (at: 'info' | 'warn' | 'error'): Log['info'] =>
    (fields, message) => {
      if (logger.isLevelEnabled(at)) logger[at](redact(fields), redactText(message));
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

function standardError(meter: Meter | undefined): DestinationStream {
  const stream = destination({ dest: 2, sync: false, maxLength: MAX_WAITING_BYTES });
  stream.on('drop', () => meter?.count('undertone_discarded_total', { queue: 'log', reason: 'overload' }));
  return stream;
}

/** `14:02:11.250 warn  message  key=value key="two words"`; never more than one line, never a terminal's control codes. */
function prettyLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${plain(value)}`);
  const parts = [String(time).slice(11, 23), String(level).padEnd(5), String(msg), ...pairs];
  return `${stripVTControlCharacters(parts.join(' ')).replace(/\p{Cc}+/gu, ' ')}\n`;
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:@/-]+$/.test(value) ? value : JSON.stringify(value);
}
