/** What was judged of one participant, held for a few seconds: long enough to be cut out once its verdict is known. */
import { tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { pictureRing } from '../src/core/evidence/picture-ring.ts';
import { soundRing } from '../src/core/evidence/sound-ring.ts';
import type { WindowOptions } from '../src/core/windows.ts';
import type { Modality } from '../src/domain.ts';
import type { Evidence } from '../src/domain/review.ts';
import type { MediaEvent, MediaSource, Meter } from '../src/ports.ts';

/** What recording needs. */
export interface RecordDeps {
  /**
   * Whether anything may be held: the participant consents and clips are kept. The present answer at once, then every
   * change; a no empties what is held before it returns, and so does completion.
   */
  readonly wanted: Observable<boolean>;
  /** How windows are cut, which says how long their media is needed. */
  readonly windows: WindowOptions;
  readonly meter: Meter;
}

/** A participant's media on its way through, and its last seconds. */
export interface Recording {
  /** Give this one to `ingest` in place of the source: each event is taken in before it is passed on. */
  readonly source: MediaSource;
  /** What was taken in of [startMs, endMs); null where nothing was, or nothing may be held. */
  evidence(startMs: number, endMs: number): Evidence | null;
  /** Hold nothing from now on. */
  end(): void;
}

/** Longer than this nothing is held, however long verdicts may take, ms. */
const MOST_MS = 20_000;
/** From decided to told, and media that arrives ahead of its window, ms. */
const MARGIN_MS = 1000;

/** How long media is held: a window's length, and the longest that its verdict may take, ms; at most 20 s. */
export function heldMs({ lengthMs = 3000, graceMs = 150, staleMs = 1000 }: WindowOptions): number {
  return Math.min(MOST_MS, lengthMs + graceMs + staleMs + MARGIN_MS);
}

/**
 * Hold the last seconds of `source`: sound as 16 bit at 16 kHz, and the sampled pictures scaled down to 384 pixels. It
 * copies as the media passes, because a picture's memory goes to the networks afterwards. While nothing is wanted there is
 * no ring, and media passes untouched.
 *
 * Memory: 32 bytes for each ms that is held and at most twice the sampled pictures of that time, of 221 kB at most each. With
 * the default windows that is 165 kB and 26 pictures as a rule (3 MB at 640 x 480), 12 MB at most.
 * @example const recording = record(joined.source, { wanted, windows, meter }); attend(recording.source, deps);
 */
export function record(source: MediaSource, { wanted, windows, meter }: RecordDeps): Recording {
  const capacityMs = heldMs(windows);
  const most = Math.ceil((capacityMs / 1000) * (windows.looksPerSecond ?? 5) * 2);
  const begin = () => ({ voice: soundRing(capacityMs), face: pictureRing({ capacityMs, most }) });
  let rings: ReturnType<typeof begin> | null = null;

  function forget(): void {
    rings = null;
  }

  const subscription = wanted.subscribe({
    next(now) {
      if (!now) forget();
      else rings ??= begin();
    },
    error: forget,
    complete: forget,
  });

  function take(event: MediaEvent): void {
    if (rings === null) return;
    if (event.kind === 'audio') rings.voice.put(event.chunk);
    else if (event.kind === 'discontinuity') rings[event.modality satisfies Modality].clear();
    else if (event.kind === 'video') {
      const begun = performance.now();
      const left = rings.face.put(event.frame);
      if (left > 0) meter.count('undertone_discarded_total', { queue: 'evidence', reason: 'limit-reached' }, left);
      meter.observe('undertone_stage_seconds', (performance.now() - begun) / 1000, { stage: 'evidence' });
    }
  }

  return {
    source: { ref: source.ref, events: source.events.pipe(tap(take)) },
    evidence(startMs, endMs) {
      const sound = rings?.voice.read(startMs, endMs) ?? null;
      const pictures = rings?.face.read(startMs, endMs) ?? [];
      return sound === null && pictures.length === 0 ? null : { startMs, endMs, sound, pictures };
    },
    end() {
      subscription.unsubscribe();
      forget();
    },
  };
}
