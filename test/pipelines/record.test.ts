import { BehaviorSubject, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { heldMs, record } from '../../pipelines/record.ts';
import type { MediaEvent } from '../../src/ports.ts';
import { chunk, frame, meter, ref } from './fakes.ts';

function stage(windows = {}) {
  const events = new Subject<MediaEvent>();
  const wanted = new BehaviorSubject(true);
  const counted = meter();
  const recording = record({ ref, events }, { wanted, windows, meter: counted });
  const passed: MediaEvent[] = [];
  recording.source.events.subscribe((event) => passed.push(event));
  /** Sound every 100 ms and a picture every 200 ms. */
  const play = (fromMs: number, toMs: number): void => {
    for (let ms = fromMs; ms < toMs; ms += 100) {
      events.next({ kind: 'audio', chunk: chunk(ms) });
      if (ms % 200 === 0) events.next({ kind: 'video', frame: frame(ms) });
    }
  };
  return { events, wanted, recording, play, passed, counts: counted.counts };
}

describe('recording', () => {
  it('gives exactly the window that is asked for, and passes everything on', () => {
    const { recording, play, passed } = stage();
    play(0, 5000);
    const evidence = recording.evidence(1500, 4500);
    expect(evidence?.sound).toHaveLength(48_000);
    expect(evidence?.pictures.map(({ captureMs }) => captureMs)).toEqual(
      Array.from({ length: 15 }, (_, i) => 1600 + i * 200),
    );
    expect(passed).toHaveLength(75);
  });

  it('holds pictures though their memory was given away', () => {
    const { events, recording } = stage();
    const given = frame(100);
    given.data.fill(77);
    events.next({ kind: 'video', frame: given });
    structuredClone(given.data.buffer, { transfer: [given.data.buffer as ArrayBuffer] });
    expect(recording.evidence(0, 1000)?.pictures[0]?.data[0]).toBe(77);
  });

  it('holds nothing that is not wanted, and nothing from before it was wanted again', () => {
    const { wanted, recording, play } = stage();
    play(0, 1000);
    wanted.next(false);
    expect(recording.evidence(0, 1000)).toBeNull();
    play(1000, 2000);
    wanted.next(true);
    expect(recording.evidence(0, 2000)).toBeNull();
    play(2000, 3000);
    expect(recording.evidence(0, 3000)?.pictures[0]?.captureMs).toBe(2000);
    expect(
      recording
        .evidence(0, 3000)
        ?.sound?.subarray(0, 32_000)
        .every((sample) => sample === 0),
    ).toBe(true);
  });

  it.each(['complete', 'error', 'end'] as const)('forgets on %s', (how) => {
    const { wanted, recording, play } = stage();
    play(0, 1000);
    if (how === 'end') recording.end();
    else wanted[how](new Error('gone'));
    expect(recording.evidence(0, 1000)).toBeNull();
    play(1000, 2000);
    expect(recording.evidence(0, 2000)).toBeNull();
  });

  it('empties a modality whose clock has jumped, and only that', () => {
    const { events, recording, play } = stage();
    play(0, 1000);
    events.next({ kind: 'discontinuity', modality: 'voice' });
    expect(recording.evidence(0, 1000)).toMatchObject({ sound: null, pictures: { length: 5 } });
  });

  it('is bounded, and counts what it had no room for', () => {
    const { events, recording, counts } = stage({ looksPerSecond: 5 });
    for (let ms = 0; ms < 5000; ms += 20) events.next({ kind: 'video', frame: frame(ms) });
    expect(recording.evidence(0, 5000)?.pictures).toHaveLength(52);
    expect(counts.get('undertone_discarded_total{queue=evidence,reason=limit-reached}')).toBe(250 - 52);
  });

  it('holds media as long as a verdict may take, and never for more than 20 s', () => {
    expect(heldMs({})).toBe(5150);
    expect(heldMs({ staleMs: 60_000 })).toBe(20_000);
  });
});
