/** Chooses the frames to look at: `fps` a second of capture time, evenly, whatever rate the camera has. */

/** A function that says of each frame, by its capture time, whether it is due. */
export function frameSampler(fps: number): (captureMs: number) => boolean {
  const periodMs = 1000 / fps;
  let dueMs = -Infinity;
  return (captureMs) => {
    // A clock that ran back: start again from here.
    if (captureMs < dueMs - 2 * periodMs) dueMs = captureMs;
    if (captureMs < dueMs) return false;
    dueMs = captureMs - dueMs < periodMs ? dueMs + periodMs : captureMs + periodMs;
    return true;
  };
}
