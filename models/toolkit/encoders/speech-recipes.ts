/** Weights of speech encoders from the tensors of published checkpoints. */
import type { LaterWeight } from '../../graph/graph.ts';
import { distanceBucket, type WavLmSize } from '../../nets/wavlm.ts';
import type { Recipe } from './recipe.ts';

/** The two names of each part of a weight norm: PyTorch's before version 2, and since. */
const NORM_PARTS = [
  ['weight_g', 'weight_v'],
  ['parametrizations.weight.original0', 'parametrizations.weight.original1'],
] as const;

/** Gates of WavLM are told by so many numbers each, which are summed. */
const GATE_PARTS = 4;

/**
 * How a weight of nets/speech.ts is made.
 * @param distances sizes of WavLM's table of distances; null where the network has none.
 * @param has whether the checkpoint has a tensor.
 */
export function speechRecipe(
  weight: LaterWeight,
  distances: Pick<WavLmSize, 'buckets' | 'farthest'> | null,
  has: (tensor: string) => boolean,
): Recipe {
  const { name, dims } = weight;
  const [rows = 1, columns = 1] = dims;
  const base = name.slice(0, name.lastIndexOf('.'));
  const part = name.slice(base.length + 1);
  if (part === 'scale') return renamed(`${base}.weight`, dims);
  if (part === 'shift') return renamed(`${base}.bias`, dims);
  if (part === 'table' && distances) return distanceRecipe(`${base}.weight`, columns, distances);
  if (base.endsWith('.gru_rel_pos_linear')) return gateRecipe(name, dims);
  if (name === 'encoder.pos_conv_embed.conv.weight') return weightNormRecipe(base, dims, has);
  if (part === 'weight' && dims.length === 2)
    return { from: [{ name, dims: [columns, rows] }], make: (tensor = EMPTY) => transposed(tensor, columns, rows) };
  return renamed(name, dims);
}

const EMPTY = new Float32Array(0);

function renamed(name: string, dims: readonly number[]): Recipe {
  return { from: [{ name, dims }], make: (tensor = EMPTY) => tensor };
}

/** Fold direction and length of each of the kernel's places into one kernel: w = g v / |v| (Salimans and Kingma 2016). */
function weightNormRecipe(base: string, dims: readonly number[], has: (tensor: string) => boolean): Recipe {
  const plain = `${base}.weight`;
  if (has(plain)) return renamed(plain, dims);
  const kernel = dims[2] ?? 1;
  const [g, v] = NORM_PARTS.find(([length]) => has(`${base}.${length}`)) ?? NORM_PARTS[1];
  return {
    from: [
      { name: `${base}.${g}`, dims: [1, 1, kernel] },
      { name: `${base}.${v}`, dims },
    ],
    make: (lengths = EMPTY, directions = EMPTY) => {
      const squares = new Float64Array(kernel);
      directions.forEach((x, i) => (squares[i % kernel] = (squares[i % kernel] ?? 0) + x * x));
      const factors = squares.map((square, i) => (lengths[i] ?? 0) / Math.sqrt(square));
      return directions.map((x, i) => x * (factors[i % kernel] ?? 0));
    },
  };
}

/** A gate is the sigmoid of a sum of four numbers: of their weights, the sum is kept. */
function gateRecipe(name: string, dims: readonly number[]): Recipe {
  const gates = dims.at(-1) ?? 1;
  const inputs = dims.length === 2 ? (dims[0] ?? 1) : 1;
  return {
    from: [{ name, dims: dims.length === 2 ? [gates * GATE_PARTS, inputs] : [gates * GATE_PARTS] }],
    make: (tensor = EMPTY) =>
      Float32Array.from({ length: inputs * gates }, (_, i) => {
        const [input, gate] = [Math.floor(i / gates), i % gates];
        let sum = 0;
        for (let k = 0; k < GATE_PARTS; k++) sum += tensor[(gate * GATE_PARTS + k) * inputs + input] ?? 0;
        return sum;
      }),
  };
}

/** A row for each distance instead of one for each bucket. */
function distanceRecipe(name: string, heads: number, distances: Pick<WavLmSize, 'buckets' | 'farthest'>): Recipe {
  const { buckets, farthest } = distances;
  return {
    from: [{ name, dims: [buckets, heads] }],
    make: (tensor = EMPTY) => {
      const table = new Float32Array((2 * farthest + 1) * heads);
      for (let distance = -farthest; distance <= farthest; distance++) {
        const bucket = distanceBucket(distance, distances);
        table.set(tensor.subarray(bucket * heads, (bucket + 1) * heads), (distance + farthest) * heads);
      }
      return table;
    },
  };
}

/** Side of the squares that are moved at a time: both their rows and their columns stay in the processor's cache. */
const BLOCK = 32;

/** [rows, columns] as [columns, rows]. */
function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let top = 0; top < rows; top += BLOCK)
    for (let left = 0; left < columns; left += BLOCK)
      for (let row = top; row < Math.min(top + BLOCK, rows); row++)
        for (let column = left; column < Math.min(left + BLOCK, columns); column++)
          y[column * rows + row] = x[row * columns + column] ?? 0;
  return y;
}
