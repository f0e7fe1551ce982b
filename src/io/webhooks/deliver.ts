/** One delivery: signed, to a checked address, answered in time or failed. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import type { AuditEntry, Webhook } from '../../domain/trust.ts';
import { checkAddress, publicLookup } from './address.ts';

/** What a delivery needs. */
export interface DeliverOptions {
  /** Hosts that may be private, as `UNDERTONE_WEBHOOK_HOSTS` names them. */
  readonly allowed: readonly string[];
  readonly nowMs: number;
  /** How long the receiver may take, ms. Default 10 000. */
  readonly timeoutMs?: number;
  /** Gives it up. */
  readonly ending?: AbortSignal;
}

/**
 * What is signed and how, by the Standard Webhooks specification: HMAC-SHA-256 over id, time and body.
 * @param secret base64. @example const header = signature(webhook.secret, 'audit-7', 1_700_000_000, body);
 */
export function signature(secret: string, id: string, timestampS: number, body: string): string {
  const key = Buffer.from(secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampS.toString()}.${body}`).digest('base64')}`;
}

/** Whether a delivery is from the holder of `secret`; takes equally long whatever is wrong with it. */
export function isSigned(secret: string, id: string, timestampS: number, body: string, header: string): boolean {
  const [expected, given] = [Buffer.from(signature(secret, id, timestampS, body)), Buffer.from(header)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/**
 * Post one audit entry. Its `webhook-id` is the same at every attempt, so that a receiver can tell a repetition.
 * Redirects are not followed.
 * @returns null when the receiver took it (2xx), otherwise why not, in words.
 */
export async function deliver(
  { url: text, secret }: Webhook,
  entry: AuditEntry,
  options: DeliverOptions,
): Promise<string | null> {
  const { allowed, nowMs, timeoutMs = 10_000, ending } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const body = JSON.stringify({ type: entry.action, timestamp: new Date(entry.atMs).toISOString(), data: entry });
  const id = `audit-${entry.seq.toString()}`;
  const timestampS = Math.floor(nowMs / 1000);
  try {
    const url = checkAddress(text, allowed);
    return await new Promise((resolve, reject) => {
      const post = url.protocol === 'https:' ? https : http;
      const request = post(
        url,
        {
          method: 'POST',
          signal: ending ? AbortSignal.any([limit, ending]) : limit,
          ...(!allowed.includes(url.host) && { lookup: publicLookup }),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'undertone-webhook/1',
            'webhook-id': id,
            'webhook-timestamp': timestampS.toString(),
            'webhook-signature': signature(secret, id, timestampS, body),
          },
        },
        (response) => {
          const { statusCode = 0 } = response;
          // What the receiver has to say beyond its status is not read.
          response.destroy();
          resolve(statusCode >= 200 && statusCode < 300 ? null : `it answered ${statusCode.toString()}`);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return 'it did not answer in time';
    return error instanceof Error ? error.message : String(error);
  }
}
