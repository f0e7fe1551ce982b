/** Systems over encoders, and networks of other packs, as `pack` takes them. */
import { dirname, join, resolve } from 'node:path';
import { packManifest } from '../../models/pack-format.ts';
import { format2 } from '../../models/pack-format/format-2.ts';
import { format3, type Format3Network } from '../../models/pack-format/format-3.ts';
import {
  type AssembledStates,
  assembleStates,
  type StatesParts,
  type SystemPart,
  type TakenPart,
} from '../../models/toolkit/assemble-states.ts';
import { readFusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { readSystem } from '../../models/toolkit/train/system-record.ts';
import { readManifest, readNetwork } from '../../models/verified-file.ts';
import type { Modality } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Description } from './pack-description.ts';
import { readEnsemble, readTrained } from './pack-runs.ts';

/** Where things are. */
interface Places {
  /** The description. */
  readonly file: string;
  readonly runs: string;
  readonly out: string;
}

/**
 * A pack of what a description names, over encoders.
 * @throws UndertoneError `config-invalid`, `encoder-invalid` and `pack-invalid`, as `readPart`, `takeNetwork` and `assembleStates` do.
 */
export async function fromSystems(
  { networks, encoders, ...about }: Description,
  { file, runs, out }: Places,
): Promise<AssembledStates> {
  const { fusion } = networks;
  if (networks.attributes)
    throw new UndertoneError(
      'config-invalid',
      "'networks.attributes': a pack over encoders has no place for them: leave it out",
    );
  if (typeof fusion === 'string')
    throw new UndertoneError(
      'config-invalid',
      `'networks.fusion': over encoders a system fuses: write { "system", "of" }`,
    );
  // One that stands for several networks is read once.
  const read = new Map<string, Promise<SystemPart>>();
  const systemOf = ({ system, of }: { readonly system: string; readonly of: string }): Promise<SystemPart> => {
    const known = read.get(`${system} ${of}`) ?? readPart(system, fromDescription(file, of), runs);
    read.set(`${system} ${of}`, known);
    return known;
  };
  const partOf = async (modality: Modality): Promise<StatesParts[Modality]> => {
    const of = networks[modality];
    if (typeof of === 'string') return { trained: await readTrained(fromDescription(file, of), runs) };
    if (Array.isArray(of))
      return {
        trained: await readEnsemble(
          of.map((config) => fromDescription(file, config)),
          runs,
        ),
      };
    if ('system' in of) return systemOf(of);
    const { leftOut, ...part } = await takeNetwork(fromDescription(file, of.pack), modality);
    for (const what of leftOut)
      process.stderr.write(
        `the ${modality} of ${part.called}: ${what} is left out, a pack over encoders has no place for it\n`,
      );
    return part;
  };
  const parts = {
    voice: await partOf('voice'),
    face: await partOf('face'),
    fusion: fusion ? await systemOf(fusion) : null,
  };
  const given = { folders: encoders ?? {}, base: dirname(file), out };
  return assembleStates(about, parts, given);
}

/**
 * A system that `train` wrote.
 * @param of its configuration; the run is in the folder of that one's name.
 * @param runs folder that holds the folders of runs.
 * @throws UndertoneError `config-invalid` where the configuration has no such system, or other labels than the run; as `readSystem`.
 */
async function readPart(system: string, of: string, runs: string): Promise<SystemPart> {
  const config = await readFusionConfig(of);
  if (!config?.clips)
    throw new UndertoneError(
      'config-invalid',
      `${of} is no configuration of systems that learn from 'clips': name one`,
    );
  const { name, labels, systems } = config;
  if (!systems.some((one) => one.name === system))
    throw new UndertoneError(
      'config-invalid',
      `${of} has no system '${system}', only ${systems.map((one) => `'${one.name}'`).join(', ')}: name one of those`,
    );
  const run = join(runs, name);
  const stored = await readSystem(run, system);
  const { record } = stored;
  if (record.labels.join() !== labels.join())
    throw new UndertoneError(
      'config-invalid',
      `system ${system} in ${run} tells ${record.labels.join(', ')}, and ${of} ${labels.join(', ')}: train it again, or ` +
        'restore the configuration',
    );
  return { system: stored, called: `system ${system} of ${name}` };
}

/**
 * The small network of another pack, with its calibration.
 * @param dir folder of that pack.
 * @returns with what that pack has for it that a pack over encoders has no place for.
 * @throws UndertoneError `config-invalid` for a network of format 1, or over an encoder; as `readManifest` and `readNetwork`.
 */
async function takeNetwork(
  dir: string,
  modality: Modality,
): Promise<TakenPart & { readonly leftOut: readonly string[] }> {
  const path = join(dir, 'pack.json');
  const { format, name, version, licence, provenance, references, attributes } = await readManifest(path, packManifest);
  const refuse = (why: string) =>
    new UndertoneError('config-invalid', `'networks.${modality}': the network of ${dir} ${why}`);
  if (format === 1) throw refuse('is of format 1, which has one head: take one of format 2');
  const entry = format === 2 ? await small(path, modality) : (await readManifest(path, format3)).networks[modality];
  if (entry.takes === 'states') throw refuse('looks at states of an encoder: name its system instead');
  const calibrated = provenance[`calibration.${modality}`];
  return {
    entry,
    bytes: await readNetwork(dir, entry),
    called: `${name} ${version}, ${licence}`,
    ...(calibrated !== undefined && { calibrated }),
    leftOut: [
      ...(references[modality] ? ['what it knows as its own kind (reference)'] : []),
      ...(attributes[modality] ? ['its network of attributes'] : []),
    ],
  };
}

async function small(path: string, modality: Modality): Promise<Format3Network> {
  const { voice, face } = (await readManifest(path, format2)).networks;
  return modality === 'voice' ? { ...voice, takes: 'log-mel' } : { ...face, takes: 'pixels' };
}

/** A path that a description wrote, from its folder. */
function fromDescription(file: string, path: string): string {
  return resolve(dirname(file), path);
}
