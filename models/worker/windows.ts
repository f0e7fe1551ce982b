/** Windows of many participants through the voice network at once; the face was encoded frame by frame already. */
import { MEL_BANDS, SILENT_BAND } from '../../src/core/features.ts';
import { poolLogits } from '../../src/core/pooling.ts';
import type { Logits } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { Answer, WindowRequest } from '../calls.ts';
import { attempt, finite } from './answers.ts';
import type { Networks } from './networks.ts';
import { rowsThrough } from './rows.ts';

/** How a worker answers windows. A window with neither modality is answered with neither. */
export function windowCalls(
  networks: Pick<Networks, 'voice' | 'face'>,
): (windows: readonly WindowRequest[]) => Promise<Answer<Logits>[]> {
  const run = rowsThrough(networks.voice, 'logmel');
  const limits = {
    maxFrames: Number(networks.voice.contract.inputs['logmel']?.[1]),
    faceLabels: Number(networks.face.contract.outputs['logits']?.[1]),
  };

  return async (windows) => {
    const checked = windows.map((window) => attempt(() => checkWindow(window, limits)));
    const spoken = checked.flatMap((window) => (window.ok && window.value.voice ? [window.value.voice] : []));
    const logits = await run(spoken.length, (row, out) => {
      const { logMel } = spoken[row] ?? { logMel: new Float32Array(0) };
      out.set(logMel);
      out.fill(SILENT_BAND, logMel.length);
    });
    let row = 0;
    return checked.map((window) => {
      if (!window.ok) return window;
      const { voice, face } = window.value;
      const voiceRow = voice ? row++ : null;
      return attempt(() => ({
        voice: voiceRow === null ? null : finite(logits('logits', voiceRow), "the voice network's output").slice(),
        face: face && finite(poolLogits(face.logits, face.n), "the face's pooled logits"),
      }));
    });
  };
}

/** @throws UndertoneError `inference-failed`, naming what is wrong with the window's features. */
function checkWindow(window: WindowRequest, limits: { maxFrames: number; faceLabels: number }): WindowRequest {
  const { voice, face } = window;
  const { maxFrames, faceLabels } = limits;
  if (voice) {
    const { logMel, frames } = voice;
    if (!(frames >= 1 && frames <= maxFrames) || logMel.length !== frames * MEL_BANDS)
      throw new UndertoneError(
        'inference-failed',
        `log-mel of ${frames} frames has ${logMel.length} numbers: there must be ${MEL_BANDS} a frame, and 1 to ` +
          `${maxFrames} frames`,
      );
    finite(logMel, 'log-mel');
  }
  if (face && !(face.n >= 1 && face.logits.length === face.n * faceLabels))
    throw new UndertoneError(
      'inference-failed',
      `a face of ${face.n} frames has ${face.logits.length} logits: there must be ${faceLabels} a frame, and 1 frame or more`,
    );
  return window;
}
