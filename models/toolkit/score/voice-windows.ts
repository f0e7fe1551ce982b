/** Which windows of a clip's voice a network hears. */

/** Frames between two window starts: 0.5 s, as the live monitor's default. */
const HOP_FRAMES = 50;

/**
 * First frames of the windows of a clip: every 0.5 s from its beginning, as the live monitor has them, and one that ends
 * with it, so that nothing of a clip is unheard. A clip shorter than a window is one window, which is padded.
 * @param frames log-mel frames of the clip, at least 1.
 * @param length frames of a window.
 * @example windowStarts(420, 300); // [0, 50, 100, 120]
 */
export function windowStarts(frames: number, length: number): number[] {
  const last = Math.max(0, frames - length);
  const starts = Array.from({ length: Math.floor(last / HOP_FRAMES) + 1 }, (_, i) => i * HOP_FRAMES);
  return starts.at(-1) === last ? starts : [...starts, last];
}
