/**
 * `pack.json`, format 3: format 2 with large encoders before its networks (papers 1, 3, 4 and 5). Each network says what it
 * takes: what the product computes (`log-mel`, `pixels`), or `states` that the pack's encoder gives.
 */
import { z } from 'zod';
import type { Modality } from '../../src/domain.ts';
import { networkCalibration } from './calibrations.ts';
import { checkStates, encoders, faceStates, framesMask, stateInputs, stepsMask, voiceStates } from './encoders.ts';
import * as fields from './fields.ts';
import { checkFused, checkModality, faceNetwork, fused, heads, voiceNetwork } from './format-2.ts';

const overStates = {
  ...fields.network,
  takes: z.literal('states'),
  outputs: z.strictObject(heads),
  calibration: networkCalibration,
};

const voice = z
  .discriminatedUnion('takes', [
    voiceNetwork.extend({ takes: z.literal('log-mel') }),
    z.strictObject({ ...overStates, inputs: stateInputs.voice }),
  ])
  .superRefine(checkModality);

const face = z
  .discriminatedUnion('takes', [
    faceNetwork.extend({ takes: z.literal('pixels') }),
    z.strictObject({ ...overStates, inputs: stateInputs.face }),
  ])
  .superRefine(checkModality);

const fusion = z
  .strictObject({
    ...fields.network,
    inputs: z.strictObject({ voice: voiceStates, voiceMask: stepsMask, face: faceStates, faceMask: framesMask }),
    ...fused,
  })
  .superRefine(checkFused);

/** A manifest of format 3. */
export const format3 = z
  .strictObject({
    format: z.literal(3),
    ...fields.about,
    encoders: encoders.refine(({ voice, face }) => voice ?? face, {
      error: 'names none: a pack without encoders is of format 2',
    }),
    networks: z.strictObject({ voice, face, fusion: fusion.optional() }),
  })
  .superRefine(fields.checkLabels)
  .superRefine(({ networks, encoders: named }, context) => {
    for (const modality of ['voice', 'face'] as const) {
      const entry = networks[modality];
      if (entry.takes === 'states') checkStates(entry.inputs, named, ['networks', modality], context);
      else if (named[modality])
        context.addIssue({
          code: 'custom',
          path: ['encoders', modality],
          message: `nothing takes its states: the ${modality} network takes ${entry.takes}; leave the encoder out`,
        });
    }
    const { fusion: shared } = networks;
    if (!shared) return;
    if (networks.voice.takes !== 'states' || networks.face.takes !== 'states')
      context.addIssue({
        code: 'custom',
        path: ['networks', 'fusion'],
        message:
          'fuses states, so that the networks of voice and face must take states too; leave it out, or train them',
      });
    else checkStates(shared.inputs, named, ['networks', 'fusion'], context);
  });

/** A manifest of format 3 that passed. */
export type Format3 = z.infer<typeof format3>;

/** What one network of a modality says of itself. */
export type Format3Network = Format3['networks'][Modality];
