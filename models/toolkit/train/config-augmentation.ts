/** The ranges of what training may change about a face, a voice and its log-mel (src/core/augment). */
import { FACE_AUGMENTATION as FACE } from '../../../src/core/augment/face.ts';
import { MEL_AUGMENTATION as MEL } from '../../../src/core/augment/mel.ts';
import { VOICE_AUGMENTATION as VOICE } from '../../../src/core/augment/voice.ts';
import { MEL_BANDS } from '../../../src/core/features.ts';
import { number, object, SHARE } from './config-fields.ts';

const DECIBELS = { from: 0, to: 60 };
const RATIO_DB = { from: -60, to: 60 };

/** Of face crops, afresh at every look. */
export const faceAugmentation = object({
  flipChance: number('chance of mirroring', SHARE, FACE.flipChance),
  rotationDeg: number('largest rotation to either side, degrees', { from: 0, to: 180 }, FACE.rotationDeg),
  scale: number('largest change of size, as a share', SHARE, FACE.scale),
  shift: number('largest shift along each axis, as a share of the side', SHARE, FACE.shift),
  aspect: number('largest change of width over height, as a share', SHARE, FACE.aspect),
  gamma: number('largest absolute logarithm of gamma', { from: 0, to: 3 }, FACE.gamma),
  gain: number('largest change of contrast, as a share', { from: 0, below: 1 }, FACE.gain),
  offset: number('largest change of brightness, white is 1', SHARE, FACE.offset),
  gradient: number('largest light from one side, white is 1', SHARE, FACE.gradient),
  cameraChance: number("chance of each of the camera's faults below", SHARE, FACE.cameraChance),
  blurPx: number('largest deviation of the blur, pixels', { from: 0, to: 10 }, FACE.blurPx),
  lowResolution: number('largest share of the resolution lost', { from: 0, to: 0.9 }, FACE.lowResolution),
  noise: number('largest deviation of the noise, white is 1', SHARE, FACE.noise),
  blocks: number('largest quantiser step of 4 x 4 blocks, white is 1', SHARE, FACE.blocks),
  occlusionChance: number('chance of covering a part', SHARE, FACE.occlusionChance),
  occlusion: number('largest share of the picture covered', { from: 0, below: 1 }, FACE.occlusion),
});

/** Of sound, once for each variant of a clip. */
export const voiceAugmentation = object({
  speed: number('largest change of speed and pitch, as a share', SHARE, VOICE.speed),
  reverbChance: number('chance of a room', SHARE, VOICE.reverbChance),
  rt60S: number('longest reverberation time, seconds', { above: 0.1, to: 10 }, VOICE.rt60S),
  directDb: number('lowest direct over reverberant sound, decibels; it reaches 12 above', RATIO_DB, VOICE.directDb),
  noiseChance: number('chance of background noise', SHARE, VOICE.noiseChance),
  snrDb: number('lowest signal-to-noise ratio, decibels; it reaches 25 above', RATIO_DB, VOICE.snrDb),
  clipChance: number('chance of an overdriven microphone', SHARE, VOICE.clipChance),
  clipDb: number("deepest clipping under the clip's peak, decibels", DECIBELS, VOICE.clipDb),
  quantiseChance: number('chance of a coarse converter', SHARE, VOICE.quantiseChance),
  phoneChance: number('chance of a phone line', SHARE, VOICE.phoneChance),
  gainDb: number('largest change of level, decibels', DECIBELS, VOICE.gainDb),
});

/** Of log-mel frames, afresh at every look. */
export const melAugmentation = object({
  stretch: number('largest change of speed, as a share', SHARE, MEL.stretch),
  tract: number('largest change of the formants, as a share', { from: 0, to: 0.2 }, MEL.tract),
  levelDb: number('largest change of level, decibels', DECIBELS, MEL.levelDb),
  tiltDb: number('largest tilt of the spectrum, decibels at its ends', DECIBELS, MEL.tiltDb),
  lineChance: number('chance of a narrow line', SHARE, MEL.lineChance),
  noiseChance: number('chance of steady noise', SHARE, MEL.noiseChance),
  snrDb: number('lowest signal-to-noise ratio, decibels; it reaches 25 above', RATIO_DB, MEL.snrDb),
  timeMasks: number('masks over all bands', { from: 0, to: 100, whole: true }, MEL.timeMasks),
  timeMaskFrames: number('longest of them, frames of 10 ms', { from: 0, to: 300, whole: true }, MEL.timeMaskFrames),
  bandMasks: number('masks over all frames', { from: 0, to: 100, whole: true }, MEL.bandMasks),
  bandMaskWidth: number('widest of them, bands', { from: 0, to: MEL_BANDS, whole: true }, MEL.bandMaskWidth),
});
