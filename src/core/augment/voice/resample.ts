/** Playing a voice faster or slower: speed and pitch change together, as on tape. */

/** Zero crossings of the sinc on either side. */
const LOBES = 10;
/** Places between two samples for which the kernel is worked out. */
const PHASES = 256;

/**
 * Read the sound at another speed, by a windowed sinc that also keeps what would alias out.
 * @param samples mono, any length.
 * @param speed above 0; 1.1 is a tenth faster and higher, 1 changes nothing, 2 halves the sample rate.
 * @returns a new array of round(n / speed) samples; its sample i is the input's at i * speed.
 * @example const higher = resample(samples, 1.05);
 */
export function resample(samples: Float32Array, speed: number): Float32Array {
  if (speed === 1) return samples.slice();
  const reach = Math.ceil(LOBES * Math.max(1, speed));
  const taps = 2 * reach;
  const kernel = kernels(speed, reach);
  const padded = new Float32Array(samples.length + 2 * reach + 2);
  padded.set(samples, reach);
  const out = new Float32Array(Math.round(samples.length / speed));
  for (let i = 0; i < out.length; i++) {
    const place = Math.min(i * speed, samples.length);
    const rounded = Math.round(place * PHASES);
    const from = Math.floor(rounded / PHASES);
    const phase = (rounded - from * PHASES) * taps;
    let sum = 0;
    // Tap t reads sample from - reach + 1 + t of the input, which `padded` holds `reach` later.
    for (let t = 0; t < taps; t++) sum += (kernel[phase + t] ?? 0) * (padded[from + 1 + t] ?? 0);
    out[i] = sum;
  }
  return out;
}

/** [256, 2 reach]: a row for each place between two samples; each row sums to 1, so a constant stays one. */
function kernels(speed: number, reach: number): Float32Array {
  const cutoff = 1 / Math.max(1, speed);
  const taps = 2 * reach;
  const out = new Float32Array(PHASES * taps);
  for (let phase = 0; phase < PHASES; phase++) {
    const row = out.subarray(phase * taps, (phase + 1) * taps);
    let total = 0;
    for (let t = 0; t < taps; t++) {
      const distance = t - reach + 1 - phase / PHASES;
      const window = Math.abs(distance) < reach ? Math.cos((Math.PI * distance) / (2 * reach)) ** 2 : 0;
      total += row[t] = sinc(distance * cutoff) * window;
    }
    for (let t = 0; t < taps; t++) row[t] = (row[t] ?? 0) / total;
  }
  return out;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
