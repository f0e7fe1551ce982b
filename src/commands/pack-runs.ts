/** Networks that runs of training ended with, as `pack` takes them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TrainedNetwork } from '../../models/toolkit/assemble.ts';
import type { FinishedAttributes } from '../../models/toolkit/attributes/attributed-pack.ts';
import { ensemble } from '../../models/toolkit/ensemble.ts';
import { onnxWeights } from '../../models/toolkit/onnx-parameters.ts';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import { readTrainingConfig } from '../../models/toolkit/train/config.ts';
import { readUncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { voiceModel } from '../../models/toolkit/train/voice-task.ts';
import { LABELS } from '../core/labels.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import { asFinished, readAttributes } from './uncertainty-training.ts';

/** What of a training configuration a pack needs; `train` has checked the rest. */
const trainedBy = z.object({
  name: z.string(),
  kind: z.enum(['voice', 'face', 'fusion']),
  labels: z.array(z.enum(LABELS)),
  trimDb: z.number().optional(),
});

/** Several voice networks as one, whose logits are the mean of theirs; their embeddings stand side by side. */
export async function readEnsemble(configFiles: readonly string[], runs: string): Promise<TrainedNetwork> {
  const members = await Promise.all(
    configFiles.map(async (configFile) => {
      const config = await readTrainingConfig(configFile);
      if (config.kind !== 'voice')
        throw new UndertoneError('config-invalid', `${configFile} is of kind ${config.kind}: an ensemble is of voices`);
      return { config, trained: await readTrained(configFile, runs) };
    }),
  );
  const alike = new Set(members.map(({ config: { labels, trimDb } }) => JSON.stringify([labels, trimDb])));
  const [first] = members;
  if (!first || alike.size > 1)
    throw new UndertoneError(
      'config-invalid',
      `${configFiles.join(' and ')} differ in 'labels' or 'trimDb': the members of an ensemble have the same`,
    );
  const models = members.map(({ config, trained }) =>
    voiceModel(onnxWeights(trained.bytes), config.network, config.labels.length),
  );
  return { ...first.trained, bytes: encodeOnnx(ensemble(models, ['embedding'])) };
}

/** The network of attributes of a configuration, from the folder of its name. */
export async function readFinished(configFile: string, runs: string): Promise<FinishedAttributes> {
  const { name, modality } = await readUncertaintyConfig(configFile);
  const finished = await readAttributes(join(runs, name));
  if (finished.config.modality !== modality)
    throw new UndertoneError(
      'config-invalid',
      `${join(runs, name)} is of a ${finished.config.modality}, not of a ${modality}`,
    );
  return asFinished(finished);
}

/**
 * The network that the finished run of a configuration ended with.
 * @param runs folder in which the run is, by the configuration's name.
 * @throws UndertoneError `config-invalid` where there is none; `pack-invalid` where the network was changed since.
 */
export async function readTrained(configFile: string, runs: string): Promise<TrainedNetwork> {
  const { name, kind, labels, trimDb } = await readJson(configFile, trainedBy);
  const run = join(runs, name);
  const network = join(run, `${kind}.onnx`);
  try {
    const bytes = await readFile(network);
    const record = await readJson(join(run, 'run.json'), z.object({ network: z.string() }));
    if (createHash('sha256').update(bytes).digest('hex') !== record.network)
      throw new UndertoneError('pack-invalid', `${network} is not the network that ${run} trained: train it again`);
    return { bytes, labels, ...(trimDb !== undefined && { trimDb }) };
  } catch (thrown) {
    if (thrown instanceof UndertoneError && thrown.code === 'pack-invalid') throw thrown;
    throw new UndertoneError(
      'config-invalid',
      `${run} holds no finished run of ${configFile} (${asUndertoneError(thrown).message}): ` +
        `run 'undertone train ${configFile} --out ${run}' to its end`,
      { cause: thrown },
    );
  }
}

/** Read JSON of a known form. @throws UndertoneError `config-invalid`, with the file and every problem. */
export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (thrown) {
    throw new UndertoneError('config-invalid', `${file} cannot be read as JSON (${asUndertoneError(thrown).message})`, {
      cause: thrown,
    });
  }
  const checked = schema.safeParse(parsed);
  if (checked.success) return checked.data;
  throw new UndertoneError('config-invalid', `${file}: ${z.prettifyError(checked.error)}`);
}
