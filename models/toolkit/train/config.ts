/** Training configurations (docs/training.md): everything that decides what a network becomes, in one JSON file. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { shown } from '../../../src/core/manifest-fields.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { TRAINING_CONFIGS, type TrainingConfig } from './config-schema.ts';

const { face, voice } = TRAINING_CONFIGS;
const anyConfig = z.discriminatedUnion('kind', [face, voice], {
  error: ({ input }) => `is ${shown(fieldOf(input, 'kind'))}: write "face" or "voice"`,
});

/**
 * Read a training configuration.
 * @throws UndertoneError `config-invalid` with every problem on a line: file, key, remedy.
 * @example const { schedule } = await readTrainingConfig('models/configs/face.json');
 */
export async function readTrainingConfig(file: string): Promise<TrainingConfig> {
  const written = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give the path of a training configuration`, {
      cause,
    });
  });
  return parseTrainingConfig(written, file);
}

/** The same of a text; `file` is its name in errors. */
export function parseTrainingConfig(written: string, file: string): TrainingConfig {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch (cause) {
    throw new UndertoneError('config-invalid', `${file} is not JSON (${String(cause)}): correct it there`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UndertoneError('config-invalid', `${file} is ${shown(json)}: write an object, {...}`);
  const parsed = anyConfig.safeParse(json);
  const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.flatMap(problem);
  if (problems.length > 0)
    throw new UndertoneError('config-invalid', problems.map((said) => `${file}, ${said}`).join('\n'));
  if (!parsed.success) throw parsed.error;
  return parsed.data;
}

function problem(issue: z.core.$ZodIssue): string[] {
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((keys) => `'${keys.join('.')}' ${issue.message}`);
}

/** Fields that are sound alone, and not together. */
function contradictions({ labels, objective, network }: TrainingConfig): string[] {
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  return [
    ...(twice === undefined ? [] : [`'labels' names '${twice}' twice: name each label once`]),
    ...(objective.share === 'none' && objective.presence === 'none'
      ? ["'objective.share' and 'objective.presence' are both \"none\": choose a loss for one of them"]
      : []),
    ...('blocks' in network && network.blocks.length !== network.channels.length
      ? ["'network.blocks' has not as many numbers as 'network.channels': write one for each stage in both"]
      : []),
    ...('width' in network && network.width % network.heads !== 0
      ? [
          `'network.heads' is ${network.heads}, which does not divide 'network.width': choose a divisor of ${network.width}`,
        ]
      : []),
  ];
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
