/** Pictures that a face network was not made for, made of pictures that it was. */
import { lightFace } from '../augment/face/light.ts';
import { blurFace } from '../augment/face/optics.ts';
import { whiteNoise } from '../augment/noise.ts';
import { CROP_SIZE } from '../faces/align.ts';
import { type Random, uniform } from '../random.ts';
import { cartoonOf, drawFace } from './cartoon.ts';

/** How a face is spoilt. */
export type FaceCorruption = keyof typeof FACE_CORRUPTIONS;

/** Every way, in words and as a function of the crop: [48, 48] grey in [0, 1], not changed. */
export const FACE_CORRUPTIONS = {
  blurred: {
    words: 'out of focus: Gaussian, standard deviation 3 of 48 pixels',
    spoil: (crop: Float32Array) => changed(crop, (out) => blurFace(out, 3)),
  },
  dark: {
    words: 'a tenth of the light',
    spoil: (crop: Float32Array) => crop.map((grey) => grey / 10),
  },
  bright: {
    words: 'overexposed: contrast and light doubled',
    spoil: (crop: Float32Array) =>
      changed(crop, (out) => lightFace(out, { gamma: 0.7, gain: 2, offset: 0.5, gradientX: 0, gradientY: 0 })),
  },
  cartoon: {
    words: 'the picture in four greys with dark lines where it changes (synthetic)',
    spoil: (crop: Float32Array) => cartoonOf(crop),
  },
  drawn: {
    words: 'a drawn face in place of the picture: an oval, two eyes, a nose, a mouth (synthetic)',
    spoil: (_crop: Float32Array, random: Random) => drawFace(random),
  },
  'covered-mouth': {
    words: 'a plain mask over everything below the nose (synthetic)',
    spoil: (crop: Float32Array, random: Random) => coverMouth(crop, random),
  },
  noise: {
    words: 'white noise in place of the picture, with its mean and spread',
    spoil: (crop: Float32Array, random: Random) => noiseLike(crop, random),
  },
} as const;

function changed(crop: Float32Array, change: (out: Float32Array) => void): Float32Array {
  const out = crop.slice();
  change(out);
  return out;
}

/** Of an aligned crop, where the nose ends and the chin begins, pixels; and the mask's sides. */
const MASK: Readonly<Record<'top' | 'bottom' | 'side', number>> = { top: 29, bottom: 47, side: 7 };

/** A mask narrows towards the chin and is of one grey, a little lighter above. */
function coverMouth(crop: Float32Array, random: Random): Float32Array {
  const out = crop.slice();
  const grey = uniform(random, 0.2, 0.95);
  for (let y = MASK.top; y < MASK.bottom; y++) {
    const share = (y - MASK.top) / (MASK.bottom - MASK.top);
    const left = Math.round(MASK.side + 8 * share * share);
    const shade = Math.min(1, Math.max(0, grey + 0.08 * (0.5 - share)));
    out.fill(shade, y * CROP_SIZE + left, (y + 1) * CROP_SIZE - left);
  }
  return out;
}

function noiseLike(crop: Float32Array, random: Random): Float32Array {
  const mean = crop.reduce((sum, grey) => sum + grey, 0) / crop.length;
  const variance = crop.reduce((sum, grey) => sum + (grey - mean) ** 2, 0) / crop.length;
  const out = whiteNoise(random, new Float32Array(crop.length));
  return out.map((x) => Math.min(1, Math.max(0, mean + Math.sqrt(variance) * x)));
}
