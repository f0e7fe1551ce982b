/**
 * Encoders as format 2 of `pack.json` names them, and the networks that look at what they give (docs/encoders.md). An encoder is a
 * folder of its own, large and under a licence of its own: a pack says which one it was trained on, and where that lies.
 */
import { z } from 'zod';
import type { Modality } from '../../src/domain.ts';
import { encoderKind } from '../encoder-format.ts';
import { network, rows, width } from './fields.ts';

const named = {
  /** Where it lies: from the pack's folder, or absolute; with UNDERTONE_ENCODERS its last part is looked for there. */
  folder: z.string().min(1).max(1000),
  /** `encoderHash` of it: of another, the same numbers would mean something else. */
  sha256: network.sha256,
  kind: encoderKind,
  /** What it was imported from, as `encoder.json` tells. */
  source: z.string().min(1).max(200),
  width,
};

const voiceEncoder = z.strictObject({
  ...named,
  /** Hidden states that are given on, of all that it gives, in order; 0 is what goes into its first layer. */
  layers: z
    .array(z.int().min(0).max(200))
    .min(1)
    .refine((layers) => layers.every((layer, i) => i === 0 || layer > (layers[i - 1] ?? layer)), {
      error: 'must ascend, as features keep them: the networks learned from that order',
    }),
});

const faceEncoder = z.strictObject({
  ...named,
  /** Side that crops are brought to before it sees them, pixels. */
  side: z.int().min(8).max(1024),
});

/** The encoders of a pack: at most one a modality. */
export const encoders = z.strictObject({ voice: voiceEncoder.exactOptional(), face: faceEncoder.exactOptional() });

/** The encoders of a manifest that passed. */
export type NamedEncoders = z.infer<typeof encoders>;

const steps = z.int().min(1).max(3000);

/** States of a voice: [n, steps, width], or [n, layers, steps, width] where there are several layers. */
export const voiceStates = z.union([z.tuple([rows, steps, width]), z.tuple([rows, z.int().min(2), steps, width])]);

/** Which frames of a sequence are there: 1, and 0 in what follows. */
export const stepsMask = z.tuple([rows, steps]);

const frames = z.literal('frames');

/** What encoders gave for looks at a face, oldest first. */
export const faceStates = z.tuple([rows, frames, width]);
/** Which looks are there: 1, and 0 in what follows. */
export const framesMask = z.tuple([rows, frames]);

/** What a network over states takes: those of voice, of face, or of both, each with its mask. */
export const stateInputs = {
  voice: z.strictObject({
    voice: voiceStates,
    voiceMask: stepsMask,
    face: faceStates.exactOptional(),
    faceMask: framesMask.exactOptional(),
  }),
  face: z.strictObject({
    face: faceStates,
    faceMask: framesMask,
    voice: voiceStates.exactOptional(),
    voiceMask: stepsMask.exactOptional(),
  }),
};

/** Inputs of a network as the manifest names them. */
type Inputs = Readonly<Record<string, readonly (string | number)[] | undefined>>;

/** What a sequence has at each of its frames: [layers, width] or [width] of a voice, [width] of a face. */
function stateSides(modality: Modality, { voice, face }: NamedEncoders): readonly number[] | null {
  if (modality === 'face') return face ? [face.width] : null;
  return voice ? [...(voice.layers.length > 1 ? [voice.layers.length] : []), voice.width] : null;
}

/**
 * A network over states takes those that the encoders give, and its masks fit.
 * @param path of the network in the manifest.
 */
export function checkStates(
  inputs: Inputs,
  named: NamedEncoders,
  path: readonly string[],
  context: z.RefinementCtx,
): void {
  const problem = (input: string, message: string) => {
    context.addIssue({ code: 'custom', path: [...path, 'inputs', input], message });
  };
  for (const modality of ['voice', 'face'] as const) {
    const sides = inputs[modality];
    const mask = inputs[`${modality}Mask`];
    if ((sides === undefined) !== (mask === undefined))
      problem(`${modality}Mask`, `${modality} and ${modality}Mask go together: name both, or neither`);
    if (sides === undefined) continue;
    const given = stateSides(modality, named);
    if (given === null) {
      problem(modality, `takes states of a ${modality} encoder, but encoders names none for the ${modality}`);
      continue;
    }
    const taken = sides.slice(1).filter((_, axis, all) => axis !== all.length - 2);
    if (taken.join() !== given.join())
      problem(
        modality,
        `takes [${taken.join(', ')}] numbers a frame, but the ${modality} encoder gives [${given.join(', ')}]; ` +
          'train it on the features of this encoder',
      );
    if (mask !== undefined && mask[1] !== sides.at(-2))
      problem(`${modality}Mask`, `masks ${String(mask[1])} frames, but ${modality} has ${String(sides.at(-2))}`);
  }
}
