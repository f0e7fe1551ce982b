/** What must be true of a window before networks look at it: one bad window fails alone, and says why. */
import { MEL_BANDS } from '../../src/core/features.ts';
import type { ModalitySubset } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { WindowRequest } from '../calls.ts';
import { finite } from './answers.ts';
import { takesStates } from './hearing.ts';
import { headsOf } from './heads.ts';
import type { Networks } from './networks.ts';

/**
 * Checks windows for these networks. A face's embeddings are looked at only where they are fused or scored, or are all
 * that a look says.
 * @throws UndertoneError `inference-failed`, from the check, naming what is wrong with the window's features.
 */
export function windowChecks(
  networks: Pick<Networks, 'voice' | 'face' | 'fusion' | 'attributes'>,
): (window: WindowRequest, fused: ModalitySubset | null) => void {
  const { contract } = networks.face;
  const hearsSound = takesStates(networks.voice.contract);
  const seesStates = takesStates(contract);
  const faceLabels = seesStates ? 0 : headsOf(contract, 'face').width;
  const maxFrames = Number(networks.voice.contract.inputs['logmel']?.[1]);
  const scored = networks.attributes.face;
  const faceWidth = Number(
    contract.inputs['face']?.[2] ??
      scored?.contract.inputs['embedding']?.[1] ??
      networks.fusion?.contract.inputs['face']?.[2],
  );
  return ({ voice, face }, fused) => {
    if (voice && hearsSound) checkSound(voice);
    else if (voice) checkVoice(voice, maxFrames);
    if (!face) return;
    checkRows(face.shareLogits, 'share logits', face.n, faceLabels);
    checkRows(face.presenceLogits, 'presence logits', face.n, faceLabels);
    if (!fused && !scored && !seesStates) return;
    const embeddings = face.embeddings ?? new Float32Array(0);
    checkRows(embeddings, 'numbers of embedding', face.n, faceWidth);
    finite(embeddings, "a face's embedding");
  };
}

function checkVoice({ logMel, frames }: NonNullable<WindowRequest['voice']>, maxFrames: number): void {
  if (!(frames >= 1 && frames <= maxFrames) || logMel.length !== frames * MEL_BANDS)
    throw new UndertoneError(
      'inference-failed',
      `log-mel of ${frames} frames has ${logMel.length} numbers: there must be ${MEL_BANDS} a frame, and 1 to ` +
        `${maxFrames} frames`,
    );
  finite(logMel, 'log-mel');
}

function checkSound({ samples }: NonNullable<WindowRequest['voice']>): void {
  if (!samples || samples.length === 0)
    throw new UndertoneError(
      'inference-failed',
      'a window came without its sound, which the voice encoder hears: cut windows with carriesSound',
    );
  finite(samples, 'sound');
}

function checkRows(values: Float32Array, what: string, n: number, width: number): void {
  if (n >= 1 && values.length === n * width) return;
  throw new UndertoneError(
    'inference-failed',
    `a face of ${n} frames has ${values.length} ${what}: there must be ${width} a frame, and 1 frame or more`,
  );
}
