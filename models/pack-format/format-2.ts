/**
 * `pack.json`, format 2: every network has two heads, share and presence (paper 1 beside papers 3 and 5), and shared
 * layers may fuse voice and face (paper 5). docs/packs.md explains it field by field.
 */
import { z } from 'zod';
import type { Label } from '../../src/domain.ts';
import { attributesNetwork, checkEncoder } from './attributes.ts';
import { networkCalibration } from './calibrations.ts';
import * as fields from './fields.ts';
import { referenceFile } from './reference.ts';

const { rows, width } = fields;

/** Both heads of a network: a number a label each. */
export const heads = { shareLogits: z.tuple([rows, width]), presenceLogits: z.tuple([rows, width]) };
const steps = z.int().min(1).max(3000);

/** A voice network over log-mel. */
export const voiceNetwork = z.strictObject({
  ...fields.network,
  inputs: fields.voiceInputs,
  outputs: z.strictObject({ embedding: z.tuple([rows, steps, width]), ...heads }),
  logMel: fields.logMel.extend({ trimDb: z.number().min(0).max(120).optional() }),
  calibration: networkCalibration,
});
const voice = voiceNetwork.superRefine(checkModality);

/** A face network over crops. */
export const faceNetwork = z.strictObject({
  ...fields.network,
  inputs: fields.faceInputs,
  outputs: z.strictObject({ embedding: z.tuple([rows, width]), ...heads }),
  calibration: networkCalibration,
});
const face = faceNetwork.superRefine(checkModality);

const frames = z.literal('frames');
const subset = z.enum(['voice', 'face', 'both'], {
  error: (issue) => `unknown subset '${String(issue.input)}'; known: voice, face, both`,
});

/** What is said of layers that fuse voice and face, besides what they take. */
export const fused = {
  outputs: z.strictObject(heads),
  serves: z.array(subset).min(1, { error: 'names nothing: leave fusion out of a pack that does not use it' }),
  calibration: z.partialRecord(subset, networkCalibration),
};

const fusion = z
  .strictObject({
    ...fields.network,
    inputs: z.strictObject({
      voice: z.tuple([rows, steps, width]),
      voiceMask: z.tuple([rows, steps]),
      face: z.tuple([rows, frames, width]),
      faceMask: z.tuple([rows, frames]),
    }),
    ...fused,
  })
  .superRefine((entry, context) => {
    checkFused(entry, context);
    const { voice, voiceMask } = entry.inputs;
    if (voiceMask[1] === voice[1]) return;
    context.addIssue({
      code: 'custom',
      path: ['inputs', 'voiceMask'],
      message: `masks ${voiceMask[1]} steps, but voice has ${voice[1]}; there must be one number a step`,
    });
  });

/** A manifest of format 2. */
export const format2 = z
  .strictObject({
    format: z.literal(2),
    ...fields.about,
    networks: z.strictObject({ voice, face, fusion: fusion.optional() }),
    reference: z
      .strictObject({ voice: referenceFile.exactOptional(), face: referenceFile.exactOptional() })
      .exactOptional(),
    attributes: z
      .strictObject({ voice: attributesNetwork.exactOptional(), face: attributesNetwork.exactOptional() })
      .exactOptional(),
  })
  .superRefine(fields.checkLabels)
  .superRefine(({ networks, attributes = {} }, context) => {
    for (const modality of ['voice', 'face'] as const) {
      const named = attributes[modality];
      if (named) checkEncoder(modality, named, networks[modality], context);
    }
  })
  .superRefine(({ networks }, context) => {
    if (networks.fusion === undefined) return;
    const { inputs } = networks.fusion;
    const mismatch = (modality: 'voice' | 'face', given: readonly unknown[], taken: readonly unknown[]) => {
      if (given.join() === taken.join()) return;
      context.addIssue({
        code: 'custom',
        path: ['networks', 'fusion', 'inputs', modality],
        message:
          `takes embeddings of [${taken.join(', ')}], but the ${modality} network gives [${given.join(', ')}]; ` +
          'train or export them together',
      });
    };
    mismatch('voice', networks.voice.outputs.embedding.slice(1), inputs.voice.slice(1));
    mismatch('face', networks.face.outputs.embedding.slice(1), inputs.face.slice(2));
  });

/** A manifest of format 2 that passed: what `train` and `calibrate` write. */
export type Format2 = z.infer<typeof format2>;

type Format2Fusion = z.infer<typeof fusion>;

/** What is served is calibrated, and nothing else is. */
export function checkFused(
  entry: Headed & Pick<Format2Fusion, 'serves' | 'calibration'>,
  context: z.RefinementCtx,
): void {
  checkHeads(entry, context);
  const problem = (path: readonly (string | number)[], message: string) => {
    context.addIssue({ code: 'custom', path: [...path], message });
  };
  entry.serves.forEach((name, i) => {
    if (entry.serves.indexOf(name) !== i) problem(['serves', i], `'${name}' is listed twice; name each subset once`);
  });
  for (const name of subset.options) {
    const calibration = entry.calibration[name];
    const served = entry.serves.includes(name);
    if (served && calibration === undefined)
      problem(['calibration'], `'${name}' is in serves but has no calibration; run calibrate on the pack`);
    else if (!served && calibration !== undefined)
      problem(['calibration'], `'${name}' has a calibration but is not in serves; name it there, or remove it`);
    else if (calibration !== undefined)
      fields.checkCalibration(entry.labels, calibration, ['calibration', name], context);
  }
}

interface Headed {
  readonly labels: readonly Label[];
  readonly outputs: { readonly [head in keyof typeof heads]: ['n', number] };
}

function checkHeads({ labels, outputs }: Headed, context: z.RefinementCtx): void {
  for (const head of ['shareLogits', 'presenceLogits']) fields.checkHead(head, labels, { ...outputs }, context);
}

/** A modality's network has a logit and a calibration a label. */
export function checkModality(entry: Headed & { readonly calibration: object }, context: z.RefinementCtx): void {
  checkHeads(entry, context);
  fields.checkCalibration(entry.labels, entry.calibration, ['calibration'], context);
}
