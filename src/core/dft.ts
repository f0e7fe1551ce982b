/**
 * Power spectrum of real signals of a fixed, smooth length, such as the 400 samples (25 ms at 16 kHz) of a log-mel frame.
 *
 * Two real samples ride in one complex number, and a Stockham transform of mixed radix does the rest: 400 is no power of
 * two, and padding it to 512 would move every frequency bin the networks were trained on.
 */

/** Computes |X[k]|^2 for k = 0 .. size/2 of `input` into `output`. Reuses its own buffers: not reentrant. */
export type PowerSpectrum = (input: Float32Array, output: Float64Array) => void;

/**
 * Plan the transform once, run it for every frame.
 * @param size even number of real samples; best with small prime factors.
 * @example
 * const spectrum = powerSpectrum(400);
 * spectrum(frame, power); // frame: 400 samples, power: 201 bins
 */
export function powerSpectrum(size: number): PowerSpectrum {
  const half = size / 2;
  const transform = complexDft(half);
  const packed = new Float64Array(size);
  const { cos, sin } = roots(size);
  return (input, output) => {
    for (let i = 0; i < size; i++) packed[i] = input[i] ?? 0;
    const z = transform(packed);
    for (let k = 0; k <= half; k++) {
      const a = 2 * (k % half);
      const b = 2 * ((half - k) % half);
      const zr = z[a] ?? 0;
      const zi = z[a + 1] ?? 0;
      const yr = z[b] ?? 0;
      const yi = z[b + 1] ?? 0;
      // Even and odd samples' spectra, by the symmetry of real signals, then joined by one twiddle.
      const evenR = (zr + yr) / 2;
      const evenI = (zi - yi) / 2;
      const oddR = (zi + yi) / 2;
      const oddI = (yr - zr) / 2;
      const c = cos[k] ?? 0;
      const s = sin[k] ?? 0;
      const re = evenR + c * oddR - s * oddI;
      const im = evenI + c * oddI + s * oddR;
      output[k] = re * re + im * im;
    }
  };
}

/** Complex transform of interleaved (re, im) pairs; the result is a buffer that the next call overwrites. */
function complexDft(n: number): (input: Float64Array) => Float64Array {
  const stages = planStages(n);
  const buffers = [new Float64Array(2 * n), new Float64Array(2 * n)] as const;
  return (input) => {
    let from = input;
    let to: Float64Array = buffers[0];
    for (const stage of stages) {
      runStage(stage, from, to);
      from = to;
      to = to === buffers[0] ? buffers[1] : buffers[0];
    }
    return from;
  };
}

interface Stage {
  readonly radix: number;
  readonly stride: number;
  /** Transforms left to do after this stage, each of this length. */
  readonly m: number;
  /** Twiddle (re, im) of every (j, k, r) in the order in which the stage reads them. */
  readonly twiddles: Float64Array;
}

function planStages(n: number): readonly Stage[] {
  const { cos, sin } = roots(n);
  const stages: Stage[] = [];
  let stride = 1;
  for (const radix of primeFactors(n)) {
    const m = n / stride / radix;
    const twiddles = new Float64Array(2 * m * radix * radix);
    let at = 0;
    for (let j = 0; j < m; j++)
      for (let k = 0; k < radix; k++)
        for (let r = 0; r < radix; r++) {
          // w_radix^(r k) times w_(m radix)^(j k), both powers of the n-th root of one.
          const w = ((n / radix) * r * k + stride * j * k) % n;
          twiddles[at++] = cos[w] ?? 0;
          twiddles[at++] = sin[w] ?? 0;
        }
    stages.push({ radix, stride, m, twiddles });
    stride *= radix;
  }
  return stages;
}

function runStage({ radix, stride, m, twiddles }: Stage, from: Float64Array, to: Float64Array): void {
  for (let j = 0; j < m; j++)
    for (let k = 0; k < radix; k++) {
      const row = 2 * radix * (j * radix + k);
      const out = 2 * stride * (radix * j + k);
      for (let q = 0; q < 2 * stride; q += 2) {
        let re = 0;
        let im = 0;
        for (let r = 0; r < radix; r++) {
          const c = twiddles[row + 2 * r] ?? 0;
          const s = twiddles[row + 2 * r + 1] ?? 0;
          const at = q + 2 * stride * (j + m * r);
          const x = from[at] ?? 0;
          const y = from[at + 1] ?? 0;
          re += x * c - y * s;
          im += x * s + y * c;
        }
        to[out + q] = re;
        to[out + q + 1] = im;
      }
    }
}

/** exp(-2 pi i k / n) for k = 0 .. n - 1. */
function roots(n: number): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const angle = (_: number, k: number) => (-2 * Math.PI * k) / n;
  const angles = Float64Array.from({ length: n }, angle);
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

function primeFactors(n: number): readonly number[] {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return [p, ...primeFactors(n / p)];
  return n > 1 ? [n] : [];
}
