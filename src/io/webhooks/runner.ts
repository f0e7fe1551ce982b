/**
 * Delivers the audit log to webhooks: each is told of every entry that it asked for, in order, and an entry counts as
 * delivered once the receiver took it. As the log is kept, nothing is lost while a receiver is away or this server is down.
 */
import type { Webhook } from '../../domain/trust.ts';
import type { AuditStore, WebhookStore } from '../../ports/store.ts';
import type { Clock, Log, Meter } from '../../ports.ts';
import { deliver } from './deliver.ts';

/** What the deliveries need. */
export interface WebhookRunnerOptions {
  readonly audit: Pick<AuditStore, 'entries'>;
  readonly webhooks: Pick<WebhookStore, 'all' | 'advance'>;
  /** Hosts that may be private. */
  readonly allowed: readonly string[];
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** How often the log is looked at, ms. Default 1000. */
  readonly everyMs?: number;
  /** How long a receiver may take, ms. Default 10 000. */
  readonly timeoutMs?: number;
}

/** Deliveries that run. */
export interface WebhookRunner {
  /** Deliver what is due now; resolves when that is done. */
  run(): Promise<void>;
  /** Stop; what is on its way is given up, to be delivered again. */
  close(): Promise<void>;
}

/** Entries read at a time. */
const PAGE = 100;
/** The first pause after a failure, ms; doubles up to the longest. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;
/** After so many failures of one entry, about two days, it is given up, counted, and the next is tried. */
const MOST_FAILURES = 20;

/** How long after its `failures`th failure in a row an entry is tried again, ms. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

/** Start delivering. */
export function startWebhooks(options: WebhookRunnerOptions): WebhookRunner {
  const { webhooks, clock, log, everyMs = 1000 } = options;
  const ending = new AbortController();
  let failing = false;
  let running: Promise<void> | null = null;
  const timer = setInterval(() => void run(), everyMs);
  timer.unref();

  async function all(): Promise<void> {
    try {
      const due = (await webhooks.all()).filter(({ nextMs }) => nextMs <= clock.now());
      await Promise.all(due.map((webhook) => catchUp(webhook, options, ending.signal)));
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error }, 'webhooks wait: the store cannot be read');
      failing = true;
    }
  }

  function run(): Promise<void> {
    return (running ??= all().finally(() => (running = null)));
  }

  return {
    run,
    async close() {
      clearInterval(timer);
      // What is on its way is not waited for: it is delivered anew, by the same id, at the next start.
      ending.abort();
      await running;
    },
  };
}

/** Deliver to one webhook until it is up to date, fails, or everything is to stop. */
async function catchUp(webhook: Webhook, options: WebhookRunnerOptions, ending: AbortSignal): Promise<void> {
  const { audit, webhooks, allowed, clock, meter, log, timeoutMs } = options;
  const isOver = () => ending.aborted;
  let at = webhook;
  const advance = async (progress: Parameters<WebhookStore['advance']>[1]) => {
    at = { ...at, ...progress };
    await webhooks.advance(webhook.id, progress);
  };
  for (;;) {
    const page = await audit.entries({ afterSeq: at.deliveredSeq, kinds: webhook.kinds, limit: PAGE });
    for (const entry of page) {
      if (isOver()) return;
      const wanted = webhook.rooms === null || (entry.room !== null && webhook.rooms.includes(entry.room));
      const nowMs = clock.now();
      const problem = wanted
        ? await deliver(at, entry, { allowed, nowMs, ending, ...(timeoutMs !== undefined && { timeoutMs }) })
        : null;
      // Nothing was wrong with the receiver.
      if (problem !== null && isOver()) return;
      if (wanted) meter.count('undertone_webhook_deliveries_total', { outcome: problem === null ? 'taken' : 'failed' });
      if (problem === null) await advance({ deliveredSeq: entry.seq, failures: 0, nextMs: nowMs, problem: null });
      else if (at.failures + 1 >= MOST_FAILURES) {
        meter.count('undertone_discarded_total', { queue: 'webhooks', reason: 'given-up' });
        log.warn(
          { webhook: webhook.id, seq: entry.seq, problem },
          'a webhook has refused an entry for days: it is given up',
        );
        await advance({ deliveredSeq: entry.seq, failures: 0, nextMs: nowMs, problem });
      } else {
        const failures = at.failures + 1;
        await advance({ deliveredSeq: at.deliveredSeq, failures, nextMs: nowMs + pauseAfter(failures), problem });
        return;
      }
    }
    if (page.length < PAGE) return;
  }
}
