/** The draws of Monte Carlo sampling that serves: the same ones for every input. */
import { gaussian, type Random } from '../random.ts';

/**
 * Standard normal draws, chosen once. They come in mirrored pairs, so that their mean is 0 and draws of a straight line
 * average to the line itself; each number is scaled to a variance of 1 over the draws. Fixed draws make an answer a
 * function of its input: asking again gives the same verdict, and two windows differ only where their inputs do.
 * @param draws an odd one stands alone; one alone is what it is.
 * @param width numbers a draw.
 * @returns row-major [draws, width].
 * @example fixedNormals(100, 64, randomStream(7, 'draws'));
 */
export function fixedNormals(draws: number, width: number, random: Random): Float32Array {
  const all = new Float32Array(draws * width);
  const pairs = draws >> 1;
  for (let j = 0; j < width; j++) {
    const halves = Array.from({ length: pairs }, () => gaussian(random));
    const deviation = Math.sqrt(halves.reduce((sum, x) => sum + x * x, 0) / Math.max(1, pairs));
    const scale = pairs > 1 && deviation > 0 ? 1 / deviation : 1;
    halves.forEach((x, pair) => {
      all[2 * pair * width + j] = x * scale;
      all[(2 * pair + 1) * width + j] = -x * scale;
    });
    if (draws % 2 === 1) all[(draws - 1) * width + j] = gaussian(random);
  }
  return all;
}
