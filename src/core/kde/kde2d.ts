/** Kernel density estimation by diffusion in two dimensions (Botev, Grotowski and Kroese 2010), and paper 4's grid of it. */
import { type Bandwidth, bandwidth } from './bandwidth.ts';
import type { Histogram } from './histogram.ts';
import { cellMeans, cosineTransform, sandwich, type Spectrum, spectrumOf } from './spectrum.ts';

/** A density over [-1, 1] x [-1, 1], in the cosine transform. */
export interface Density {
  readonly bandwidth: Bandwidth;
  /** Of the density, as if the square had sides of 1. */
  readonly spectrum: Spectrum;
  /** Cells an axis of the histogram that it was made of. */
  readonly bins: number;
}

/** Cells an axis of what networks predict (paper 4, section 3.1). */
export const GRID = 4;

/** Frequencies that are tried first; twice as many while the highest still matter. */
const FEWEST = 64;
/** What is left of a frequency that does not matter. */
const NOTHING = 1e-9;

/**
 * The density of the points of a histogram: each diffuses by a normal kernel, reflected at the edges, for the time that
 * Botev's fixed point says. Of a fine histogram only those frequencies are computed that can matter.
 * @example density(histogram2d(points, 64)).bandwidth.t;
 */
export function density(histogram: Histogram): Density {
  const { bins } = histogram;
  for (let size = Math.min(bins, FEWEST); ; size = Math.min(bins, size * 2)) {
    const spectrum = spectrumOf(histogram, size);
    const found = bandwidth(spectrum);
    if (size < bins && Math.exp(-((Math.PI * size) ** 2) * found.least) > NOTHING) continue;
    return { bandwidth: found, spectrum: diffused(spectrum, found), bins };
  }
}

/** @returns the density at the middle of each bin, row-major [bins, bins]; sums to (bins / 2)^2 for all points. */
export function densityAt({ spectrum, bins }: Density): Float64Array {
  const { size } = spectrum;
  const weighted = cosineTransform(size, bins);
  // Back from the transform, each frequency counts once.
  const back = Float64Array.from({ length: bins * size }, (_, at) => {
    const [i, k] = [Math.floor(at / size), at % size];
    return (weighted[k * bins + i] ?? 0) / (k === 0 ? 1 : 2);
  });
  return sandwich(back, spectrum, back).map((x) => x / 4);
}

/**
 * The mean density in each cell of a coarse grid, below 0 taken for 0, normalised (paper 4, section 2).
 * @param cells an axis; divides the histogram's bins. Default 4.
 * @returns row-major [cells, cells], sums to 1; rows are the first coordinate, lowest first.
 * @example gridOf(density(histogram2d(points, 512)));
 */
export function gridOf({ spectrum, bins }: Density, cells: number = GRID): Float64Array {
  const means = cellMeans(cells, spectrum.size, bins);
  const held = sandwich(means, spectrum, means).map((mean) => Math.max(0, mean));
  const total = held.reduce((sum, mean) => sum + mean, 0);
  return held.map((mean) => mean / total);
}

function diffused({ size, amplitudes, points }: Spectrum, { first, second }: Bandwidth): Spectrum {
  const left = (k: number, time: number): number => Math.exp((-((Math.PI * k) ** 2) * time) / 2);
  const rows = Float64Array.from({ length: size }, (_, k) => left(k, first));
  const columns = Float64Array.from({ length: size }, (_, l) => left(l, second));
  return {
    size,
    points,
    amplitudes: amplitudes.map((x, at) => x * (rows[Math.floor(at / size)] ?? 0) * (columns[at % size] ?? 0)),
  };
}
