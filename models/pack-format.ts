/**
 * `pack.json`, format 1: what a model pack says about itself. A pack is a folder with this manifest and the networks it
 * names, each by SHA-256. What the product feeds the networks (log-mel, face crops) is fixed by the format.
 */
import { z } from 'zod';
import { FRAME_SAMPLES, HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ } from '../src/core/features.ts';
import { LABELS } from '../src/core/labels.ts';
import type { Label } from '../src/domain.ts';

const label = z.enum(LABELS, {
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

/** No folder parts: a manifest cannot point outside its own folder. */
const file = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.onnx$/, {
  error: (issue) => `'${String(issue.input)}' is not a plain file name; put the network beside the manifest`,
});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits, as sha256sum prints them' });
const width = z.int().min(1).max(4096);
const rows = z.literal('n');

const calibration = z.partialRecord(
  label,
  z.strictObject({
    a: z.number().positive({ error: 'must be above 0: otherwise a higher share would give a lower probability' }),
    b: z.number(),
  }),
);

const network = { file, sha256, labels, calibration };

const voice = z
  .strictObject({
    ...network,
    inputs: z.strictObject({ logmel: z.tuple([rows, z.int().min(100).max(3000), z.literal(MEL_BANDS)]) }),
    outputs: z.strictObject({ logits: z.tuple([rows, width]) }),
    logMel: z.strictObject({
      sampleRateHz: z.literal(SAMPLE_RATE_HZ),
      windowSamples: z.literal(FRAME_SAMPLES),
      hopSamples: z.literal(HOP_SAMPLES),
      bands: z.literal(MEL_BANDS),
      lowHz: z.literal(20),
      highHz: z.literal(7600),
    }),
  })
  .superRefine(checkNetwork);

const face = z
  .strictObject({
    ...network,
    inputs: z.strictObject({ pixels: z.tuple([rows, z.literal(1), z.literal(48), z.literal(48)]) }),
    outputs: z.strictObject({ embedding: z.tuple([rows, width]), logits: z.tuple([rows, width]) }),
  })
  .superRefine(checkNetwork);

/** The manifest of a model pack. */
export const packManifest = z
  .strictObject({
    format: z.literal(1, { error: (issue) => `this version reads format 1, not ${String(issue.input)}` }),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'must be 1 to 64 of a-z 0-9 -' }),
    version: z.string().regex(/^\d+\.\d+\.\d+$/, { error: 'must be three numbers, as in 1.0.0' }),
    licence: z.string().min(1).max(100),
    labels,
    networks: z.strictObject({ voice, face }),
    decision: z.strictObject({
      thresholds: z.partialRecord(label, z.number().gt(0).lt(1)),
      minTopProbability: z.number().min(0).max(1),
    }),
    provenance: z.record(z.string(), z.string()),
  })
  .superRefine((pack, context) => {
    const { voice, face } = pack.networks;
    for (const problem of differences(pack.labels, [...voice.labels, ...face.labels], 'the labels of the networks'))
      context.addIssue({ code: 'custom', path: ['labels'], message: problem });
    for (const problem of differences(pack.labels, Object.keys(pack.decision.thresholds), 'the thresholds'))
      context.addIssue({ code: 'custom', path: ['decision', 'thresholds'], message: problem });
  });

/** A manifest that passed. */
export type PackManifest = z.infer<typeof packManifest>;

interface CheckedNetwork {
  readonly labels: readonly Label[];
  readonly outputs: { readonly logits: readonly ['n', number] };
  readonly calibration: Readonly<Partial<Record<Label, unknown>>>;
}

function checkNetwork({ labels, outputs, calibration }: CheckedNetwork, context: z.RefinementCtx): void {
  const [, logits] = outputs.logits;
  if (logits !== labels.length)
    context.addIssue({
      code: 'custom',
      path: ['outputs', 'logits'],
      message: `${logits} logits for ${labels.length} labels; there must be one logit a label`,
    });
  for (const problem of differences(labels, Object.keys(calibration), 'the calibration'))
    context.addIssue({ code: 'custom', path: ['calibration'], message: `${problem}; run calibrate on the pack` });
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
