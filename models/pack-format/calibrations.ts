/** Calibrations as format 2 of `pack.json` writes them: what src/core/calibrators fits and applies. */
import { z } from 'zod';
import { label, slope } from './fields.ts';

const temperature = z.strictObject({
  method: z.literal('temperature'),
  form: z.enum(['logit', 'paper'], { error: (issue) => `unknown form '${String(issue.input)}'; known: logit, paper` }),
  temperature: z.number().min(0.01).max(100),
});

const platt = z.strictObject({ method: z.literal('platt'), a: slope, b: z.number() });

/** More points than any calibration set gives, and few enough to read. */
const points = z.array(z.number().min(0).max(1)).min(1).max(10_000);

const isotonic = z
  .strictObject({ method: z.literal('isotonic'), x: points, y: points })
  .superRefine(({ x, y }, context) => {
    const problem = (path: string, message: string) => {
      context.addIssue({ code: 'custom', path: [path], message: `${message}; run calibrate on the pack` });
    };
    if (x.length !== y.length)
      problem('y', `${y.length} values for ${x.length} points of x; there must be one a point`);
    if (x.some((value, i) => value <= (x[i - 1] ?? -1))) problem('x', 'must rise from point to point');
    if (y.some((value, i) => value < (y[i - 1] ?? 0)))
      problem('y', 'must never fall: otherwise a higher presence would give a lower probability');
  });

const METHODS = ['temperature', 'platt', 'isotonic'];

const labelCalibration = z.discriminatedUnion('method', [temperature, platt, isotonic], {
  error: (issue) => {
    const { method } = (issue.input ?? {}) as { readonly method?: unknown };
    return `unknown method '${String(method)}'; known: ${METHODS.join(', ')}`;
  },
});

/** One calibration for each label of a network. */
export const networkCalibration = z.partialRecord(label, labelCalibration);
