/** How weights of a network are made from a checkpoint's tensors, and whether the one has all that the other needs. */
import { UndertoneError } from '../../../src/errors.ts';
import type { LaterWeight } from '../../graph/graph.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';

/** What a weight is made of. */
export interface Recipe {
  /** Tensors of the checkpoint, without what stands before all of its names. */
  readonly from: readonly LaterWeight[];
  /** Makes the weight of their numbers, given in that order. */
  readonly make: (...tensors: readonly Float32Array[]) => Float32Array;
}

/** What a network is to a checkpoint. */
export interface Architecture {
  /** For messages, for example `wavlm`. */
  readonly name: string;
  /** All weights of the whole network. */
  readonly weights: readonly LaterWeight[];
  /** How one of them is made. */
  readonly recipe: (weight: LaterWeight, has: (tensor: string) => boolean) => Recipe;
  /** A tensor that every checkpoint of it has; what stands before it stands before all others. */
  readonly anchor: string;
  /** Tensors that are no part of the encoder, and that it does without: heads, counters. */
  readonly spare: (tensor: string) => boolean;
  /** Tensors that belong to the network, wanted or not. */
  readonly own: (tensor: string) => boolean;
}

/** A checkpoint that has exactly what a network needs. */
export interface Fitted {
  /**
   * One weight of the network.
   * @throws UndertoneError `encoder-invalid` where a tensor cannot be read, or makes numbers that are not finite.
   */
  read(weight: string): Promise<Float32Array>;
  /** Tensors that were left out, by the first part of their names. */
  readonly spare: readonly string[];
}

/** So many names stand in a message. */
const NAMED = 5;

/**
 * Match a checkpoint with a network: every tensor that it needs is there with the right sides, and no other.
 * @throws UndertoneError `encoder-invalid` that names the first few tensors that are missing, of other sides, or unknown.
 */
export function fit(checkpoint: Checkpoint, from: string, architecture: Architecture): Fitted {
  const { name, weights, recipe, spare, own } = architecture;
  const all = [...checkpoint.tensors.keys()];
  const prefix = prefixOf(checkpoint, from, architecture);
  const tensor = (wanted: string): CheckpointTensor | undefined => checkpoint.tensors.get(prefix + wanted);
  const recipes = new Map(weights.map((weight) => [weight.name, recipe(weight, (wanted) => !!tensor(wanted))]));
  const needed = [...recipes.values()].flatMap((made) => made.from);

  const missing = needed.filter((wanted) => !tensor(wanted.name)).map((wanted) => wanted.name);
  const others = needed.flatMap((wanted) => {
    const found = tensor(wanted.name);
    return !found || found.dims.join() === wanted.dims.join()
      ? []
      : [`${found.name} of [${found.dims.join(', ')}] where [${wanted.dims.join(', ')}] is needed`];
  });
  const used = new Set(needed.map((wanted) => prefix + wanted.name));
  const rest = all.filter((found) => !used.has(found));
  const isSpare = (found: string): boolean => {
    // Under a name of its own the encoder is part of a larger model; what is beside it there is that model's.
    if (!found.startsWith(prefix)) return true;
    const inner = found.slice(prefix.length);
    return spare(inner) && !(prefix !== '' && own(inner));
  };
  const unknown = rest.filter((found) => !isSpare(found));
  const problems = [
    ...listed(`${name} needs, and the checkpoint lacks,`, missing),
    ...listed(`the checkpoint has, and ${name} lacks,`, unknown),
    ...listed('of other sides:', others),
  ];
  if (problems.length > 0)
    throw new UndertoneError(
      'encoder-invalid',
      `${from} is not the ${name} that its config describes: ${problems.join('; ')}. Take the config and the weights of ` +
        'one checkpoint',
    );
  return {
    spare: [...new Set(rest.map((found) => found.split('.')[0] ?? found))].sort(),
    async read(weight) {
      const { from: parts, make } = recipes.get(weight) ?? { from: [], make: () => new Float32Array(0) };
      const numbers: Float32Array[] = [];
      for (const part of parts) numbers.push((await tensor(part.name)?.read()) ?? new Float32Array(0));
      const made = make(...numbers);
      if (!made.every(Number.isFinite))
        throw new UndertoneError(
          'encoder-invalid',
          `${from}: ${parts.map((part) => `'${prefix}${part.name}'`).join(' and ')} make a weight that is not finite: ` +
            'the checkpoint is damaged, fetch it again',
        );
      return made;
    },
  };
}

/**
 * What stands before all names of the encoder, such as `wavlm.`; mostly nothing.
 * @throws UndertoneError `encoder-invalid` where the encoder is not there, or more than once.
 */
export function prefixOf(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  from: string,
  { name, anchor }: Pick<Architecture, 'name' | 'anchor'>,
): string {
  const all = [...tensors.keys()];
  const found = all.filter((tensor) => tensor === anchor || tensor.endsWith(`.${anchor}`));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.slice(0, -anchor.length);
  throw new UndertoneError(
    'encoder-invalid',
    only === undefined
      ? `${from} is no ${name}: it has no tensor '${anchor}', but ${firstFew(all)}`
      : `${from} has more than one ${name}: ${firstFew(found)}; save one of them alone`,
  );
}

function listed(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${what} ${firstFew(names)}`];
}

function firstFew(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
