import { createHash } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { loadPack } from '../../models/pack.ts';
import { assemblePack, packDescription, type TrainedNetwork } from '../../models/toolkit/assemble.ts';
import { ensemble } from '../../models/toolkit/ensemble.ts';
import { onnxWeights } from '../../models/toolkit/onnx-parameters.ts';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import { readTrainingConfig } from '../../models/toolkit/train/config.ts';
import { voiceModel } from '../../models/toolkit/train/voice-task.ts';
import type { FinishedAttributes } from '../../models/toolkit/attributes/attributed-pack.ts';
import { readUncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { writeWholeFolder } from '../../models/toolkit/whole-folder.ts';
import { LABELS } from '../core/labels.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import type { Command } from './command.ts';
import { asFinished, readAttributes } from './uncertainty-training.ts';

/** `undertone pack`. */
export const pack: Command = {
  usage: 'pack DESCRIPTION --runs DIR --out DIR',
  about: [
    'Puts trained networks together as a pack. DESCRIPTION (docs/training.md) names the configurations they were trained',
    'from; the network of a configuration called NAME is in the folder NAME of --runs. The pack says what the networks',
    'say: run calibrate on it next.',
  ],
  options: {
    runs: { value: 'DIR', help: 'folder that holds the folders that train wrote' },
    out: { value: 'DIR', help: 'folder of the pack' },
    card: { value: 'FILE', help: 'model card; becomes README.md of the pack' },
    force: { help: 'write over a pack that is there already' },
  },
  arguments: 1,
  async run({ positionals: [file = ''], text, has }) {
    const [runs, out, card] = [text('runs'), text('out'), text('card')];
    if (runs === undefined || out === undefined)
      throw new UndertoneError('config-invalid', '--runs and --out are both needed: give two folders');
    const { networks, ...about } = await readJson(file, description);
    const inFolder = (config: string): string => join(dirname(file), config);
    const trained = (config: string): Promise<TrainedNetwork> => readTrained(inFolder(config), runs);
    const { manifest, files } = await assemblePack(about, {
      voice:
        typeof networks.voice === 'string'
          ? await trained(networks.voice)
          : await readEnsemble(networks.voice.map(inFolder), runs),
      face: await trained(networks.face),
      fusion: networks.fusion === undefined ? null : await trained(networks.fusion),
      attributes: await Promise.all(
        Object.values(networks.attributes ?? {}).map((config) => readFinished(inFolder(config), runs)),
      ),
    });
    const cardText = card === undefined ? null : await readFile(card, 'utf8');
    await writeWholeFolder(out, { replace: has('force'), option: '--out' }, async (part) => {
      await chmod(part, 0o755);
      for (const [name, bytes] of files) await writeFile(join(part, name), bytes);
      if (cardText !== null) await writeFile(join(part, 'README.md'), cardText);
      await writeFile(join(part, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      await loadPack(part);
    });
    process.stdout.write(`${out}: ${manifest.name} ${manifest.version}, not calibrated; run calibrate on it\n`);
    return 0;
  },
};

const description = packDescription.extend({
  networks: z.strictObject({
    voice: z.union([z.string(), z.array(z.string()).min(2).max(8)]),
    face: z.string(),
    fusion: z.string().optional(),
    attributes: z.strictObject({ voice: z.string().exactOptional(), face: z.string().exactOptional() }).optional(),
  }),
});

/** What of a training configuration a pack needs; `train` has checked the rest. */
const trainedBy = z.object({
  name: z.string(),
  kind: z.enum(['voice', 'face', 'fusion']),
  labels: z.array(z.enum(LABELS)),
  trimDb: z.number().optional(),
});

/** Several voice networks as one, whose logits are the mean of theirs; their embeddings stand side by side. */
async function readEnsemble(configFiles: readonly string[], runs: string): Promise<TrainedNetwork> {
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
async function readFinished(configFile: string, runs: string): Promise<FinishedAttributes> {
  const { name, modality } = await readUncertaintyConfig(configFile);
  const finished = await readAttributes(join(runs, name));
  if (finished.config.modality !== modality)
    throw new UndertoneError(
      'config-invalid',
      `${join(runs, name)} is of a ${finished.config.modality}, not of a ${modality}`,
    );
  return asFinished(finished);
}

async function readTrained(configFile: string, runs: string): Promise<TrainedNetwork> {
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

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
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
