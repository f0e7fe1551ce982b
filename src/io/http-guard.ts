import type { IncomingMessage } from 'node:http';

/** What every answer carries: the pages run only what we serve, and nobody frames them. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'self'",
    // 'self' covers WebSockets of the same host and port (CSP level 3, section 6.7.2.8).
    "connect-src 'self'",
    "media-src 'self' blob:",
    "img-src 'self' data:",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Permissions-Policy': 'camera=(self), microphone=(self), geolocation=(), display-capture=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Whether an address that a server listens on can be reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/**
 * Whether a request names its server by a loopback name. A page of a hostile site whose DNS name was pointed at 127.0.0.1
 * ("DNS rebinding") has the browser's leave to read a loopback server's answers, but its requests name the hostile host.
 */
export function namesLoopback(request: IncomingMessage): boolean {
  const { host = '' } = request.headers;
  const port = request.socket.localPort?.toString() ?? '';
  const named = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i.exec(host);
  return named !== null && (named[1] ?? '80') === port;
}

/** Whether a proxy passed the request on: then it comes from this machine only in appearance. */
export function isForwarded({ headers }: IncomingMessage): boolean {
  return 'forwarded' in headers || 'x-forwarded-for' in headers || 'x-real-ip' in headers || 'via' in headers;
}
