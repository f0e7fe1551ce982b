/** What the formats of `pack.json` have in common. What the product feeds the networks is fixed by all of them. */
import { z } from 'zod';
import { FRAME_SAMPLES, HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ } from '../../src/core/features.ts';
import { LABELS } from '../../src/core/labels.ts';
import type { Label } from '../../src/domain.ts';
import { reject } from './reject.ts';

/** A label that the product knows. */
export const label = z.enum(LABELS, {
  error: (issue) => `unknown label '${String(issue.input)}'; known: ${LABELS.join(', ')}`,
});

const labels = z
  .array(label)
  .min(2)
  .superRefine((list, context) => {
    list.forEach((name, index) => {
      if (list.indexOf(name) === index) return;
      context.addIssue({ code: 'custom', path: [index], message: `'${name}' is listed twice; name each label once` });
    });
  });

/** The batch. */
export const rows = z.literal('n');

/** How many numbers a network gives or takes along one axis. */
export const width = z.int().min(1).max(4096);

/** A positive slope: calibration must not turn the order of two windows round. */
export const slope = z
  .number()
  .positive({ error: 'must be above 0: otherwise a higher share would give a lower probability' });

/** Every network's file, its hash and the order of its outputs. */
export const network = {
  /** No folder parts: a manifest cannot point outside its own folder. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.onnx$/, {
    error: (issue) => `'${String(issue.input)}' is not a plain file name; put the network beside the manifest`,
  }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits, as sha256sum prints them' }),
  labels,
};

/** Log-mel as src/core/features.ts computes it, of 1 to 30 s. */
export const voiceInputs = z.strictObject({
  logmel: z.tuple([rows, z.int().min(100).max(3000), z.literal(MEL_BANDS)]),
});

/** Stated in the pack, so that one that expects another front end is refused. */
export const logMel = z.strictObject({
  sampleRateHz: z.literal(SAMPLE_RATE_HZ),
  windowSamples: z.literal(FRAME_SAMPLES),
  hopSamples: z.literal(HOP_SAMPLES),
  bands: z.literal(MEL_BANDS),
  lowHz: z.literal(20),
  highHz: z.literal(7600),
});

/** Grey crops as src/core/faces/align.ts cuts them. */
export const faceInputs = z.strictObject({
  pixels: z.tuple([rows, z.literal(1), z.literal(48), z.literal(48)]),
});

/** What a pack says besides its networks. */
export const about = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'must be 1 to 64 of a-z 0-9 -' }),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, { error: 'must be three numbers, as in 1.0.0' }),
  licence: z.string().min(1).max(100),
  labels,
  decision: z.strictObject({
    thresholds: z.partialRecord(label, z.number().gt(0).lt(1)),
    minTopProbability: z.number().min(0).max(1),
    reject: reject.exactOptional(),
  }),
  provenance: z.record(z.string(), z.string()),
};

interface LabelledPack {
  readonly labels: readonly Label[];
  readonly networks: Readonly<Record<string, { readonly labels: readonly Label[] } | undefined>>;
  readonly decision: { readonly thresholds: object; readonly reject?: z.infer<typeof reject> };
}

/** A pack's labels are those of its networks, each with a threshold. */
export function checkLabels({ labels, networks, decision }: LabelledPack, context: z.RefinementCtx): void {
  const known = Object.values(networks).flatMap((entry) => entry?.labels ?? []);
  for (const message of differences(labels, known, 'the labels of the networks'))
    context.addIssue({ code: 'custom', path: ['labels'], message });
  for (const message of differences(labels, Object.keys(decision.thresholds), 'the thresholds'))
    context.addIssue({ code: 'custom', path: ['decision', 'thresholds'], message });
  for (const [subset, { threshold, ladder }] of Object.entries(decision.reject ?? {})) {
    const limits = [threshold, ...(ladder?.rungs ?? []).map((rung) => rung.threshold)];
    const named = limits.flatMap((limit) => (typeof limit === 'number' ? [] : (Object.keys(limit) as Label[])));
    for (const name of new Set(named))
      if (!labels.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['decision', 'reject', subset, 'threshold'],
          message: `'${name}' is no label of the pack; run reject fit on the pack`,
        });
  }
}

/** Outputs of a head have one number a label. */
export function checkHead(
  head: string,
  labels: readonly Label[],
  outputs: Readonly<Record<string, readonly ('n' | number)[]>>,
  context: z.RefinementCtx,
): void {
  const logits = outputs[head]?.at(-1);
  if (logits === labels.length) return;
  context.addIssue({
    code: 'custom',
    path: ['outputs', head],
    message: `${String(logits)} logits for ${labels.length} labels; there must be one logit a label`,
  });
}

/** Every label of a network is calibrated, and nothing else is. */
export function checkCalibration(
  labels: readonly Label[],
  calibration: object,
  path: readonly string[],
  context: z.RefinementCtx,
): void {
  for (const problem of differences(labels, Object.keys(calibration), 'the calibration'))
    context.addIssue({ code: 'custom', path: [...path], message: `${problem}; run calibrate on the pack` });
}

/** How two sets of labels differ, in words. */
function differences(expected: readonly Label[], given: readonly string[], where: string): string[] {
  const known: ReadonlySet<string> = new Set(expected);
  return [
    ...expected.filter((name) => !given.includes(name)).map((name) => `'${name}' is missing from ${where}`),
    ...[...new Set(given)]
      .filter((name) => !known.has(name))
      .map((name) => `'${name}' is in ${where} but not in labels`),
  ];
}
