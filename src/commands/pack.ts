import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findEncoders } from '../../models/pack-encoders.ts';
import { loadPack } from '../../models/pack.ts';
import { assemblePack, type PackDescription } from '../../models/toolkit/assemble.ts';
import { checkFree, writeWholeFolder } from '../../models/toolkit/whole-folder.ts';
import { UndertoneError } from '../errors.ts';
import type { Command } from './command.ts';
import { description, ownNetworks, type OwnNetworks } from './pack-description.ts';
import { readEnsemble, readFinished, readJson, readTrained } from './pack-runs.ts';
import { fromSystems } from './pack-systems.ts';

/** `undertone pack`. */
export const pack: Command = {
  usage: 'pack DESCRIPTION --runs DIR --out DIR',
  about: [
    'Puts trained networks together as a pack. DESCRIPTION (docs/packs.md) names the configurations they were trained',
    'from; the network of a configuration called NAME is in the folder NAME of --runs. The pack says what the networks',
    'say: run calibrate on it next. Systems that learned from an encoder (docs/encoders.md) bring the calibration that train',
    'fitted on clips held back; the pack names their encoders.',
  ],
  options: {
    runs: { value: 'DIR', help: 'folder that holds the folders that train wrote' },
    out: { value: 'DIR', help: 'folder of the pack' },
    card: { value: 'FILE', help: 'model card; becomes README.md of the pack' },
    force: { help: 'write over a pack that is there already' },
    json: { help: 'print one JSON object' },
  },
  arguments: 1,
  async run({ positionals: [file = ''], text, has }) {
    const [runs, out, card] = [text('runs'), text('out'), text('card')];
    if (runs === undefined || out === undefined)
      throw new UndertoneError('config-invalid', '--runs and --out are both needed: give two folders');
    const described = await readJson(file, description);
    const place = { replace: has('force'), option: '--out' };
    await checkFree(out, place);
    const own = ownNetworks(described);
    const { manifest, files, uncalibrated } = own
      ? await fromNetworks(described, own, { file, runs })
      : await fromSystems(described, { file, runs, out });
    const cardText = card === undefined ? null : await readFile(card, 'utf8');
    await writeWholeFolder(out, place, async (part) => {
      await chmod(part, 0o755);
      for (const [name, bytes] of files) await writeFile(join(part, name), bytes);
      if (cardText !== null) await writeFile(join(part, 'README.md'), cardText);
      await writeFile(join(part, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      // It lies beside the pack's place, so the same relative folders hold.
      await findEncoders(part, (await loadPack(part)).encoders);
    });
    const { name, version, format } = manifest;
    const bare = uncalibrated === 'all' ? 'not calibrated' : `${uncalibrated.join(', ')} not calibrated`;
    const state = uncalibrated.length > 0 ? `${bare}; run calibrate on it` : 'calibrated on clips that were held back';
    process.stdout.write(
      has('json')
        ? `${JSON.stringify({ out, pack: `${name}@${version}`, format, calibrated: uncalibrated.length === 0 })}\n`
        : `${out}: ${name} ${version}, ${state}\n`,
    );
    return 0;
  },
};

async function fromNetworks(
  about: PackDescription,
  { voice, face, fusion, attributes }: OwnNetworks,
  { file, runs }: { readonly file: string; readonly runs: string },
) {
  const inFolder = (config: string): string => join(dirname(file), config);
  const made = await assemblePack(about, {
    voice:
      typeof voice === 'string'
        ? await readTrained(inFolder(voice), runs)
        : await readEnsemble(voice.map(inFolder), runs),
    face: await readTrained(inFolder(face), runs),
    fusion: fusion === undefined ? null : await readTrained(inFolder(fusion), runs),
    attributes: await Promise.all(
      Object.values(attributes ?? {}).map((config) => readFinished(inFolder(config), runs)),
    ),
  });
  return { ...made, uncalibrated: 'all' as const };
}
