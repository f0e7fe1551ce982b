/** People, retention and revocations on the real store, under a clock that is moved by hand. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentRecord } from '../../src/domain/review.ts';
import type { AuditKind, RoomSettings } from '../../src/domain/trust.ts';
import { UndertoneError } from '../../src/errors.ts';
import { followOtherServers } from '../../src/io/other-servers.ts';
import { openPeople } from '../../src/io/people.ts';
import { startRetention } from '../../src/io/retention.ts';
import { openRevocations } from '../../src/io/revocations.ts';
import { issueToken } from '../../src/io/tokens.ts';
import { openTrust } from '../../src/io/trust.ts';
import type { Trust } from '../../src/io/trust.ts';
import type { ClipStore } from '../../src/ports/store.ts';
import { ADMIN, PUBLISHER } from './people-stage.ts';
import { countingMeter, silent } from './quiet.ts';

const SECRET = 'a secret of thirty-two characters';
const DAY_MS = 86_400_000;
const ADA = { room: 'lobby', participant: 'ada' };
const KEY_HASH = createHash('sha256').update('a key').digest('hex');

let nowMs = 1_761_998_400_000;
let swept = 0;
let trust: Trust;
/** The last entry of the audit log before the test. */
let before: number;
const meter = countingMeter();
const clock = { now: () => nowMs };
const clips: ClipStore = {
  put: () => Promise.resolve(''),
  get: () => Promise.resolve(null),
  async sweep(inUse) {
    await inUse();
    swept += 1;
    return 0;
  },
};

beforeAll(async () => {
  const rooms = ['lobby', 'attic', 'cellar'];
  trust = await openTrust({ store: { at: 'memory' }, rooms, secret: SECRET, clips, clock, meter, log: silent });
}, 180_000);
beforeEach(async () => {
  before = (await trust.store.audit.entries({ limit: 1000 })).at(-1)?.seq ?? 0;
});
afterAll(() => trust.close());

/** What the test has put into the audit log, and the retention of others' rows has not. */
const audited = async (kind: AuditKind) => trust.store.audit.entries({ afterSeq: before, kinds: [kind], limit: 100 });

const agree = () => {
  const { version: textVersion } = trust.people.terms('lobby').consent;
  return trust.people.grant(ADA, { role: 'customer', textVersion, keyHash: KEY_HASH, actor: PUBLISHER });
};

function segment(id: string, endMs: number): SegmentRecord {
  return {
    ...ADA,
    id,
    index: 0,
    startMs: endMs - 3000,
    endMs,
    status: 'accepted',
    labels: ['happiness'],
    reason: null,
    probabilities: { happiness: 0.8 },
    windows: 3,
    pack: 'default@1',
    calibration: null,
  };
}

describe('people', () => {
  it('put on record what was agreed to, word for word, and who asked', async () => {
    const settings = await agree();
    expect(settings).toEqual(trust.people.settings('lobby'));
    const [record] = await trust.store.people.consents(ADA);
    const { text, version } = trust.people.terms('lobby').consent;
    expect(record).toMatchObject({ ...ADA, granted: true, role: 'customer', text, textVersion: version, atMs: nowMs });
    expect(await audited('consent')).toMatchObject([{ action: 'consent.granted', actor: PUBLISHER, room: 'lobby' }]);
    expect(await trust.store.people.opens(ADA, KEY_HASH)).toBe(true);
  });

  it('delete what is kept of whoever withdraws, and sweep their clips at once', async () => {
    await agree();
    await trust.store.scores.add({ segments: [segment('s1', nowMs)], verdicts: [] });
    await trust.retention.run();
    const sweeps = swept;
    const receipt = await trust.people.withdraw(ADA, PUBLISHER);
    expect(receipt).toMatchObject({ ...ADA, deleted: { segments: 1 } });
    expect(receipt.kept.join(' ')).toContain('audit');
    await trust.retention.run();
    expect(swept).toBeGreaterThan(sweeps);
    expect(await trust.store.scores.segments('lobby', 0, 10)).toEqual([]);
    // What was under way when they withdrew does not come back.
    await trust.store.scores.add({ segments: [segment('s2', nowMs)], verdicts: [] });
    expect(await trust.store.scores.segments('lobby', 0, 10)).toEqual([]);
  });

  it('keep to settings that outlive the server', async () => {
    const next: RoomSettings = { ...trust.people.settings('attic'), purpose: 'research', keeping: 'segments' };
    const heard: RoomSettings[] = [];
    const stop = trust.people.onConfigured((settings) => heard.push(settings));
    const version = trust.people.terms('attic').consent.version;
    await trust.people.configure(next, ADMIN);
    stop();
    await trust.people.configure({ ...next, purpose: 'meeting' }, ADMIN);
    expect(heard).toEqual([next]);
    const { store } = trust;
    const again = await openPeople({ rooms: ['lobby', 'attic'], store, clock, meter, log: silent });
    expect(again.settings('attic')).toEqual({ ...next, purpose: 'meeting' });
    expect(again.settings('lobby').purpose).toBe('demonstration');
    expect(again.terms('attic').consent.version).not.toBe(version);
    expect(await audited('configuration')).toHaveLength(2);
  });

  it('do not open on settings that may not stand', async () => {
    const { store } = trust;
    await store.settings.save({ ...trust.people.settings('cellar'), purpose: 'medical' }, ADMIN, nowMs);
    await expect(openPeople({ rooms: ['cellar'], store, clock, meter, log: silent })).rejects.toMatchObject({
      code: 'store-invalid',
      message: expect.stringContaining('justification') as string,
    });
  });
});

describe('two servers of one database', () => {
  it('hear of each other’s settings and withdrawals', async () => {
    const { store } = trust;
    const other = await openPeople({ rooms: ['lobby', 'attic'], store, clock, meter, log: silent });
    await agree();
    const told: string[] = [];
    const rooms = {
      consenting: () => [ADA],
      withdrawnElsewhere: ({ participant }: typeof ADA) => void told.push(participant),
    };
    const following = followOtherServers({ store: store.people, people: other, rooms, log: silent, everyMs: 5 });
    const heard: RoomSettings[] = [];
    other.onConfigured((settings) => heard.push(settings));
    const next: RoomSettings = { ...trust.people.settings('attic'), jurisdiction: 'other', clips: false };
    await trust.people.configure(next, ADMIN);
    await expect.poll(() => heard).toEqual([next]);
    expect(other.settings('attic')).toEqual(next);
    expect(told).toEqual([]);
    await trust.people.withdraw(ADA, ADMIN);
    await expect.poll(() => told).toContain('ada');
    following.close();
    other.close();
  });

  it('never take what they read for newer than what they were saving', async () => {
    const { store } = trust;
    const other = await openPeople({ rooms: ['attic'], store, clock, meter, log: silent });
    const reading = other.refresh();
    const next = { ...other.settings('attic'), purpose: 'customer-call' as const };
    await other.configure(next, ADMIN);
    expect(await reading).toEqual([]);
    expect(other.settings('attic')).toEqual(next);
    other.close();
  });
});

describe('retention', () => {
  it('deletes what is older than its room allows when the clock says so, and not before', async () => {
    await agree();
    await trust.store.scores.add({ segments: [segment('s1', nowMs), segment('s2', nowMs + DAY_MS)], verdicts: [] });
    const left = async () => (await trust.store.scores.segments('lobby', 0, 10)).map(({ id }) => id);
    for (const [afterMs, ids] of [
      [30 * DAY_MS, ['s1', 's2']],
      [DAY_MS - 1, ['s2']],
      [1, ['s2']],
      [1, []],
    ] as const) {
      nowMs += afterMs;
      await trust.retention.run();
      expect(await left()).toEqual(ids);
    }
    expect(meter.of('undertone_expired_total', { kind: 'segments' })).toBe(2);
    expect(await audited('deletion')).toHaveLength(2);
  });

  it('makes up for a round that failed, and one that is asked for while another runs comes after it', async () => {
    let away = true;
    const rounds: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const nothing = { clips: 0, segments: 0, verdicts: 0, reviewItems: 0, annotations: 0 };
    const scores = {
      async expire() {
        rounds.push('begins');
        if (away) throw new UndertoneError('store-unavailable', 'away');
        await gate.promise;
        rounds.push('ends');
        return nothing;
      },
      clipsInUse: () => Promise.resolve(new Set<string>()),
    };
    const runner = startRetention({ scores, clips: null, clock, meter, log: silent, everyMs: 3_600_000 });
    await runner.run();
    expect(meter.of('undertone_retention_failures_total')).toBeGreaterThan(0);
    away = false;
    rounds.length = 0;
    const first = runner.run();
    await new Promise((resolve) => setImmediate(resolve));
    const more = [runner.run(), runner.run()];
    gate.resolve(undefined);
    await Promise.all([first, ...more]);
    expect(rounds).toEqual(['begins', 'ends', 'begins', 'ends']);
    await runner.close();
  });
});

describe('tokens that are called back', () => {
  it('are good no more, here at once and elsewhere soon, and the record says who did it', async () => {
    const made = await issueToken(SECRET, { role: 'viewer', subject: 'wall' }, 3600);
    const elsewhere = await openRevocations({ store: trust.store.tokens, clock, log: silent, refreshMs: 5 });
    const heard: string[] = [];
    trust.revocations.onRevoked((id) => heard.push(id));
    elsewhere.onRevoked((id) => heard.push(id));
    expect(await trust.verify(made.token)).toMatchObject({ id: made.id, subject: 'wall' });
    await trust.revocations.revoke(made.id, made.expiresMs, ADMIN);
    await expect(trust.verify(made.token)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect.poll(() => elsewhere.has(made.id)).toBe(true);
    elsewhere.close();
    expect(heard).toEqual([made.id, made.id]);
    expect(await audited('access')).toMatchObject([{ actor: ADMIN, details: { token: made.id } }]);
    expect(await trust.verify((await issueToken(SECRET, { role: 'viewer' }, 3600)).token)).toMatchObject({ role: 'viewer' }); // prettier-ignore
  });

  it('stay called back while the store is away, and are forgotten once they have expired', async () => {
    const stored = new Set(['t1']);
    let away = false;
    const store = {
      revoke: () => Promise.resolve(),
      revoked: () =>
        away ? Promise.reject(new UndertoneError('store-unavailable', 'away')) : Promise.resolve(new Set(stored)),
    };
    const revocations = await openRevocations({ store, clock, log: silent, refreshMs: 2 });
    away = true;
    await expect.poll(() => revocations.away).toBe(true);
    expect(revocations.has('t1')).toBe(true);
    stored.delete('t1');
    away = false;
    await expect.poll(() => revocations.has('t1')).toBe(false);
    expect(revocations.away).toBe(false);
    revocations.close();
  });
});
