import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BehaviorSubject, map } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyse } from '../../pipelines/analyse.ts';
import { attendReviewed } from '../../pipelines/attend-reviewed.ts';
import { startReview } from '../../pipelines/review.ts';
import { SAMPLE_CLIP } from '../../scripts/sample-clip.ts';
import { defaultSettings } from '../../src/core/trust/settings.ts';
import type { RoomSettings } from '../../src/domain/trust.ts';
import { systemClock } from '../../src/io/clock.ts';
import { clipKeys } from '../../src/io/clips/clip-keys.ts';
import { clipStore } from '../../src/io/clips/clip-store.ts';
import { clipCutter } from '../../src/io/clips/cutter.ts';
import { mediaFile } from '../../src/io/ffmpeg.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import { openStore } from '../../src/io/store/open.ts';
import type { MediaEvent, MediaSource } from '../../src/ports.ts';
import type { Store } from '../../src/ports/store.ts';
import { silentLog } from '../fixtures/telemetry.ts';
import { lookInto } from '../io/clips/evidence.ts';
import { inference, meter } from './fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-reviewed-'));
const clock = systemClock();
const actor = { role: 'server', subject: 'test' } as const;
let store: Store;
beforeAll(async () => {
  store = await openStore({ at: 'memory' });
}, 120_000);
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The sample clip as somebody's live media: at the speed of time, on the server's clock from its first event on. */
function live(participant: string): MediaSource {
  const ref = { room: 'lobby', participant };
  let originMs: number | null = null;
  let nextMs = 0;
  const late = (event: MediaEvent): MediaEvent => {
    if (event.kind !== 'audio' && event.kind !== 'video') return event;
    originMs ??= clock.now();
    if (event.kind === 'video')
      return { ...event, frame: { ...event.frame, captureMs: originMs + event.frame.captureMs } };
    nextMs = originMs + event.chunk.captureMs + 100;
    return { ...event, chunk: { ...event.chunk, captureMs: originMs + event.chunk.captureMs } };
  };
  const ready = () => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, nextMs - clock.now())));
  return { ref, events: mediaFile(SAMPLE_CLIP, { ref, ready }).events.pipe(map(late)) };
}

/** Somebody who agreed under these settings, attended until so many of their windows were accepted. */
async function attended(
  participant: string,
  settings: RoomSettings,
  accepted: number,
  then: (withdraw: () => void) => void,
) {
  const clips = clipStore({ folder: join(folder, participant), keys: clipKeys(['ab'.repeat(32)]) });
  const measured = meter();
  const cutter = clipCutter({ ffmpeg: 'ffmpeg', meter: measured, log: silentLog });
  const random = () => 0;
  const review = startReview({
    store,
    clips,
    cutter,
    clock,
    meter: measured,
    log: silentLog,
    random,
    newId: randomUUID,
    drainMs: 60_000,
  });
  const broker = memoryBroker({ capacity: 64, onDiscard: () => undefined, meter: measured });
  analyse({ broker, inference: inference(), clock, meter: measured, require: 'any' }).subscribe();
  const source = live(participant);
  const { text, version } = { text: settings.consentText, version: '0123456789abcdef' };
  const consented = {
    ...source.ref,
    granted: true,
    atMs: clock.now(),
    role: 'participant',
    textVersion: version,
    text,
  };
  await store.people.grant(consented, '0'.repeat(64), actor);
  const consent = new BehaviorSubject(true);
  const held: { agreed: RoomSettings | null } = { agreed: settings };
  const deps = {
    broker,
    consent,
    windows: { graceMs: 1000, staleMs: 15_000 },
    inference: inference(),
    clock,
    meter: measured,
    screen: <T>(event: T) => event,
  };
  const enough = Promise.withResolvers<undefined>();
  let left = accepted;
  const subscription = attendReviewed(source, { ...deps, review, agreed: () => held.agreed }).subscribe((news) => {
    if (news.kind === 'verdict' && news.event.verdict.status === 'accepted' && --left === 0) enough.resolve(undefined);
  });
  await enough.promise;
  then(() => {
    held.agreed = null;
    consent.next(false);
  });
  consent.next(false);
  consent.complete();
  subscription.unsubscribe();
  await review.close();
  await broker.close();
  const items = (await store.reviews.list({ rooms: null, limit: 100, nowMs: clock.now() })).filter(
    (item) => item.participant === participant,
  );
  return { clips, items, ref: source.ref, counts: measured.counts };
}

const keeping: RoomSettings = { ...defaultSettings('lobby'), keeping: 'windows', clips: true };

describe('a participant whose windows are reviewed', () => {
  it('ends as a segment on record and an item whose clip shows exactly its window', async () => {
    const { clips, items, ref } = await attended('ada', keeping, 5, () => undefined);
    // A host under load may have had to leave windows out, which ends a segment.
    expect(items.length).toBeGreaterThanOrEqual(1);
    const { item } = (await store.reviews.item(items[0]?.id ?? '')) ?? {};
    expect(item).toMatchObject({
      ...ref,
      causes: ['audit', 'information'],
      raters: 2,
      verdict: { labels: ['happiness'] },
    });
    expect(item?.packProbabilities.happiness).toBeGreaterThan(0.9);
    const segments = await store.scores.segments('lobby', 0, 10);
    expect(segments.find(({ id }) => id === item?.segment)).toMatchObject({ ...ref, status: 'accepted' });

    const clip = await clips.get(item?.clip ?? '');
    const seen = lookInto(clip ?? new Uint8Array(), join(folder, 'seen.webm'));
    expect([seen.codecs, seen.durationMs]).toEqual([['vp8', 'opus'], 3000]);
    // Five a second of the half, at least, that a window must have to be judged.
    expect(seen.pictureMs.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...seen.pictureMs)).toBeLessThan(3020);

    // Withdrawn: nothing refers to the clip any more, and the next sweep takes it.
    const { deleted } = await store.people.withdraw(ref, clock.now(), actor);
    const theirs = segments.filter(({ participant }) => participant === 'ada').length;
    expect(deleted).toMatchObject({ clips: items.length, reviewItems: items.length, segments: theirs });
    expect(await clips.sweep(() => store.scores.clipsInUse(), 0)).toBe(items.length);
    expect(await clips.get(item?.clip ?? '')).toBeNull();
  }, 120_000);

  it('leaves nothing when consent is withdrawn, nor when nothing is to be kept', async () => {
    const withdrawn = await attended('eve', keeping, 3, (withdraw) => {
      withdraw();
    });
    expect(withdrawn.items).toEqual([]);
    const unkept = await attended('bob', defaultSettings('lobby'), 3, () => undefined);
    expect(unkept.items).toEqual([]);
    const segments = await store.scores.segments('lobby', 0, 10);
    expect(segments.filter(({ participant }) => ['eve', 'bob'].includes(participant))).toEqual([]);
  }, 120_000);
});
