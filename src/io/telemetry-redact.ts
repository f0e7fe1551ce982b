/** Makes whatever is to be logged safe to keep: no secrets, no media, no endless text. */

const SECRET_KEY = /token|secret|authorization|password|cookie|^key$|Key$/i;
const MASK = '[redacted]';
const MAX_TEXT = 1000;
/** What is searched for secrets: more than is kept, so that none is cut in two and then not recognised. */
const MAX_READ = 10_000;
const MAX_ITEMS = 50;
const MAX_DEPTH = 5;

/** What secrets look like inside a text: signed tokens, a URL's user and its query or fragment, HTTP's bearer. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, MASK],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^/\s]{1,300}@/gi, `$1${MASK}@`],
  [/([?&#](?:token|key|secret|password)=)[^&#\s"']+/gi, `$1${MASK}`],
  [/\b(bearer\s+)\S+/gi, `$1${MASK}`],
];

/** A text without the secrets that it may hold, cut off after 1000 characters. */
export function redactText(text: string): string {
  const read = text.slice(0, MAX_READ);
  const safe = SECRET_TEXT.reduce((rest, [secret, mask]) => rest.replace(secret, mask), read);
  if (safe.length <= MAX_TEXT && read.length === text.length) return safe;
  return `${safe.slice(0, MAX_TEXT)}... (${text.length} characters)`;
}

/**
 * Fields without secrets (by key and by look), without media (buffers become their size), and bounded: 5 levels deep,
 * 50 items each. Errors become code, message, stack and cause.
 * @example redact({ token: 'abc', url: 'rtsp://me:pw@cam/1' }); // { token: '[redacted]', url: 'rtsp://[redacted]@cam/1' }
 */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactEntries(fields, 0);
}

function redactEntries(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.map(([key, value]: [string, unknown]) => [
      key,
      // A number or a flag is no secret: `tokens: 3` may be read.
      SECRET_KEY.test(key) && (typeof value === 'string' || typeof value === 'object')
        ? MASK
        : redactValue(value, depth),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[...]';
  if (value instanceof Error) return redactError(value, depth + 1);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  if (value instanceof Date || value instanceof URL) return redactText(value.toJSON());
  return redactEntries(value, depth + 1);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack = '', cause } = error;
  return {
    name,
    ...('code' in error && { code: redactValue(error.code, depth) }),
    message: redactText(message),
    // The first lines say where; the message, which they repeat, is above.
    at: redactText(stack.replace(`${name}: ${message}`, '').trim()),
    ...(cause !== undefined && { cause: redactValue(cause, depth) }),
  };
}
