/** Making clips of evidence, as a port. Keeping them is the `ClipStore`'s. */
import type { Evidence } from '../domain/review.ts';

/** Makes clips one after another, apart from the live path. */
export interface ClipCutter {
  /**
   * A WebM file that shows `evidence` and nothing else, lips and voice as they were captured.
   * @param signal ends the work and forgets what it was about.
   * @throws UndertoneError `bad-media` where there is neither sound nor picture, `limit-reached` when too many wait already,
   *   `setup-missing` without ffmpeg, `internal` when it fails, takes too long or is ended.
   */
  cut(evidence: Evidence, signal?: AbortSignal): Promise<Uint8Array>;
  /** Ends what runs; what waits is refused. */
  close(): Promise<void>;
}
