/** Faces as a pen would have them. */
import { CROP_SIZE } from '../faces/align.ts';
import { type Random, uniform } from '../random.ts';

/** Greys that are left of a picture. */
const GREYS = 4;
/** Change of grey over two pixels from which a line is drawn. */
const EDGE = 0.22;

/**
 * A cartoon of a picture: its greys stretched to black and white, cut down to four, and black lines where it changes fast (Sobel).
 * @param crop [48, 48] grey in [0, 1], row-major; not changed.
 * @returns the same shape and range.
 * @example const toon = cartoonOf(crop);
 */
export function cartoonOf(crop: Float32Array): Float32Array {
  const sorted = crop.toSorted();
  const low = sorted[Math.floor(0.02 * sorted.length)] ?? 0;
  const high = sorted[Math.floor(0.98 * sorted.length)] ?? 1;
  const stretched = crop.map((grey) => Math.min(1, Math.max(0, (grey - low) / Math.max(high - low, 1e-3))));
  const at = (x: number, y: number): number => stretched[clamped(y) * CROP_SIZE + clamped(x)] ?? 0;
  return stretched.map((grey, i) => {
    const [x, y] = [i % CROP_SIZE, Math.floor(i / CROP_SIZE)];
    const across = (row: number) => at(x + 1, row) - at(x - 1, row);
    const down = (column: number) => at(column, y + 1) - at(column, y - 1);
    const gx = (across(y - 1) + 2 * across(y) + across(y + 1)) / 4;
    const gy = (down(x - 1) + 2 * down(x) + down(x + 1)) / 4;
    return Math.hypot(gx, gy) > EDGE ? 0 : Math.round(grey * (GREYS - 1)) / (GREYS - 1);
  });
}

/**
 * A face that a pen drew: an oval, two eyes, a nose, a mouth that smiles, is level or is sad, and no picture behind it.
 * @returns [48, 48] grey in [0, 1], row-major.
 * @example const face = drawFace(randomStream(7, 'drawn'));
 */
export function drawFace(random: Random): Float32Array {
  const [paper, skin] = [uniform(random, 0.8, 1), uniform(random, 0.5, 0.95)];
  const middle = (CROP_SIZE - 1) / 2 + uniform(random, -2, 2);
  const [width, height] = [uniform(random, 17, 21), uniform(random, 21, 25)];
  const [eye, eyes] = [uniform(random, 1.2, 2.5), uniform(random, 16, 20)];
  const [bend, mouth] = [uniform(random, -4, 4), uniform(random, 5, 9)];
  return Float32Array.from({ length: CROP_SIZE * CROP_SIZE }, (_, i) => {
    const [x, y] = [(i % CROP_SIZE) - middle, Math.floor(i / CROP_SIZE)];
    const radius = Math.hypot(x / width, (y - 25) / height);
    if (Math.abs(radius - 1) < 0.04) return 0;
    if (radius > 1) return paper;
    if (Math.hypot(Math.abs(x) - 8, y - eyes) < eye) return 0;
    if (Math.abs(x - 1) < 0.6 && y > 22 && y < 28) return 0.2;
    const lip = 36 + bend * (1 - (x / mouth) ** 2);
    return Math.abs(x) < mouth && Math.abs(y - lip) < 0.8 ? 0 : skin;
  });
}

function clamped(place: number): number {
  return Math.min(CROP_SIZE - 1, Math.max(0, place));
}
