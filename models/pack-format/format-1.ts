/** `pack.json`, format 1: a network for the voice and one for the face, each with one head; the share is the presence. */
import { z } from 'zod';
import * as fields from './fields.ts';

const { rows, width } = fields;

const calibration = z.partialRecord(fields.label, z.strictObject({ a: fields.slope, b: z.number() }));

const voice = z
  .strictObject({
    ...fields.network,
    inputs: fields.voiceInputs,
    outputs: z.strictObject({ logits: z.tuple([rows, width]) }),
    logMel: fields.logMel,
    calibration,
  })
  .superRefine(checkNetwork);

const face = z
  .strictObject({
    ...fields.network,
    inputs: fields.faceInputs,
    outputs: z.strictObject({ embedding: z.tuple([rows, width]), logits: z.tuple([rows, width]) }),
    calibration,
  })
  .superRefine(checkNetwork);

/** A manifest of format 1. */
export const format1 = z
  .strictObject({
    format: z.literal(1, { error: (issue) => `this version reads formats 1, 2 and 3, not ${String(issue.input)}` }),
    ...fields.about,
    networks: z.strictObject({ voice, face }),
  })
  .superRefine(fields.checkLabels);

type Network = Pick<z.infer<typeof voice> | z.infer<typeof face>, 'labels' | 'outputs' | 'calibration'>;

function checkNetwork({ labels, outputs, calibration }: Network, context: z.RefinementCtx): void {
  fields.checkHead('logits', labels, { ...outputs }, context);
  fields.checkCalibration(labels, calibration, ['calibration'], context);
}
