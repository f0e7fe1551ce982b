import { NEVER, Observable, Subject, lastValueFrom, of, toArray } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ingest } from '../../pipelines/ingest.ts';
import { createPending } from '../../pipelines/pending.ts';
import type { Window } from '../../src/domain.ts';
import type { Inference, MediaEvent } from '../../src/ports.ts';
import { chunk, frame, inference, meter, ref } from './fakes.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A file of so many seconds: voice and face throughout, told in the order of time, waiting for `ready`. */
function file(seconds: number, ready: () => Promise<void>, isGap = (_ms: number) => false): Observable<MediaEvent> {
  return new Observable((subscriber) => {
    const tell = async () => {
      subscriber.next({ kind: 'track', modality: 'voice', state: 'live' });
      subscriber.next({ kind: 'track', modality: 'face', state: 'live' });
      for (let ms = 0; ms < seconds * 1000; ms += 100) {
        if (isGap(ms)) continue;
        await ready();
        subscriber.next({ kind: 'audio', chunk: chunk(ms) });
        if (ms % 200 === 0) subscriber.next({ kind: 'video', frame: frame(ms) });
      }
      subscriber.complete();
    };
    void tell();
  });
}

function deps(overrides: { inference?: Inference; consent?: Observable<boolean> } = {}) {
  const pending = createPending();
  return {
    inference: inference(),
    clock: { now: () => Date.now() },
    meter: meter(),
    pending,
    consent: of(true),
    pace: 'file' as const,
    windows: {},
    ...overrides,
  };
}

const windowsOf = (seconds: number, given = deps()) =>
  lastValueFrom(ingest({ ref, events: file(seconds, () => given.pending.below(1)) }, given).pipe(toArray()), {
    defaultValue: [] as Window[],
  });

describe('ingest of a file', () => {
  it('gives every window of the file, whole, in order', async () => {
    const windows = await windowsOf(10);
    expect(windows.map(({ seq, startMs }) => [seq, startMs])).toEqual(
      Array.from({ length: 15 }, (_, i) => [i, i * 500]),
    );
    for (const window of windows) {
      expect(window.missing).toEqual({});
      expect(window.voice?.frames).toBe(300);
      // A face is the participant's once it was steady for 300 ms: the first two looks are not theirs yet.
      expect(window.face?.n).toBe(window.seq === 0 ? 13 : 15);
    }
  });

  it('gives the same windows however slowly the networks answer', async () => {
    const slow = inference({
      detectFaces: async (given) => {
        await new Promise((resolve) => setTimeout(resolve, given.captureMs % 7));
        return inference().detectFaces(given);
      },
    });
    const given = deps({ inference: slow });
    const counted = given.meter.counts;
    expect((await windowsOf(5, given)).map(({ face }) => face?.n)).toEqual([13, 15, 15, 15, 15]);
    expect([...counted.keys()].filter((key) => key.includes('discarded'))).toEqual([]);
  });

  it('gives one short window for a clip shorter than a window', async () => {
    const windows = await windowsOf(1.5);
    expect(windows).toHaveLength(1);
    expect(windows[0]).toMatchObject({ seq: 0, lengthMs: 1500 });
  });

  it.each([6, 12, 60])(
    'leaves no window out over a gap of %i s, and takes nothing from those before it',
    async (gap) => {
      const given = deps();
      const isGap = (ms: number) => ms >= 4000 && ms < 4000 + gap * 1000;
      const events = file(8 + gap, () => given.pending.below(1), isGap);
      const options = { ...given, windows: { maxLagMs: 3_600_000 } };
      const windows = await lastValueFrom(ingest({ ref, events }, options).pipe(toArray()));
      expect(windows.map(({ startMs }) => startMs)).toEqual(Array.from({ length: 11 + 2 * gap }, (_, i) => i * 500));
      expect(windows.slice(0, 3).map(({ missing }) => missing)).toEqual([{}, {}, {}]);
      expect(windows[10]?.missing).toEqual({ voice: 'no-media', face: 'no-media' });
      expect(windows.at(-1)?.missing).toEqual({});
      expect([...given.meter.counts.keys()].filter((key) => key.includes('discarded'))).toEqual([]);
    },
  );

  it('moves on over a jump that is longer than the longest lag, and counts what it leaves out', async () => {
    const given = deps();
    const events = file(
      28,
      () => given.pending.below(1),
      (ms) => ms >= 4000 && ms < 24_000,
    );
    const windows = await lastValueFrom(ingest({ ref, events }, given).pipe(toArray()));
    const left = 51 - windows.length;
    expect(left).toBeGreaterThan(0);
    expect(given.meter.counts.get('undertone_discarded_total{queue=schedule,reason=overload}')).toBe(left);
  });

  it('judges nothing without consent', async () => {
    const windows = await windowsOf(4, deps({ consent: of(false) }));
    expect(windows.every(({ consented, voice, face }) => !consented && voice === null && face === null)).toBe(true);
  });

  it('passes on the failure of its source', async () => {
    const broken = new Observable<MediaEvent>((subscriber) => {
      subscriber.error(new Error('torn cable'));
    });
    await expect(lastValueFrom(ingest({ ref, events: broken }, deps()))).rejects.toThrow('torn cable');
  });
});

describe('live ingest', () => {
  it('closes windows by the clock, with or without media, and ends with its source', async () => {
    vi.useFakeTimers();
    const events = new Subject<MediaEvent>();
    const windows: Window[] = [];
    let completed = false;
    ingest({ ref, events }, { ...deps({ consent: NEVER }), pace: 'live' }).subscribe({
      next: (window) => windows.push(window),
      complete: () => {
        completed = true;
      },
    });
    await vi.advanceTimersByTimeAsync(4600);
    expect(windows.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(windows.every(({ consented }) => !consented)).toBe(true);
    events.complete();
    await vi.advanceTimersByTimeAsync(1000);
    expect(completed).toBe(true);
    expect(windows).toHaveLength(4);
  });

  it('leaves out looks that failed, and counts them', async () => {
    vi.useFakeTimers();
    const events = new Subject<MediaEvent>();
    const given = deps({ inference: inference({ detectFaces: () => Promise.reject(new Error('crashed')) }) });
    const windows: Window[] = [];
    ingest({ ref, events }, { ...given, pace: 'live' }).subscribe((window) => windows.push(window));
    events.next({ kind: 'track', modality: 'face', state: 'live' });
    const start = Date.now();
    for (let ms = 0; ms < 3000; ms += 200) {
      events.next({ kind: 'video', frame: frame(start + ms) });
      await vi.advanceTimersByTimeAsync(200);
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(windows[0]?.missing.face).toBe('overload');
    expect(given.meter.counts.get('undertone_discarded_total{queue=faces,reason=inference-failed}')).toBe(15);
  });

  it('counts faces that found no room among those followed', async () => {
    vi.useFakeTimers();
    const events = new Subject<MediaEvent>();
    const crowd = Array.from({ length: 11 }, (_, i) => i);
    const detectFaces: Inference['detectFaces'] = async (seen) => {
      const [face] = await inference().detectFaces(seen);
      return face === undefined ? [] : crowd.map((i) => ({ ...face, box: { ...face.box, x: 200 * i } }));
    };
    const given = deps({ inference: inference({ detectFaces }) });
    ingest({ ref, events }, { ...given, pace: 'live' }).subscribe();
    events.next({ kind: 'video', frame: frame(Date.now()) });
    await vi.advanceTimersByTimeAsync(100);
    expect(given.meter.counts.get('undertone_discarded_total{queue=faces,reason=limit-reached}')).toBe(3);
  });
});
