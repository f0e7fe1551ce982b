/** The encoders of a pack that is being made: those whose states its systems learned from, and no others. */
import { isAbsolute, relative, resolve } from 'node:path';
import type { Modality } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import { encoderHash, readEncoder } from '../encoder-format.ts';
import type { NamedEncoders } from '../pack-format/encoders.ts';
import type { Making } from './features/format.ts';
import type { SystemRecord } from './train/system-record.ts';

/** A system that goes into the pack. */
export interface PackedSystem {
  /** For messages: which one it is. */
  readonly called: string;
  readonly record: Pick<SystemRecord, 'features'>;
}

/** Folders of encoders. */
export interface GivenEncoders {
  /** As they were written: absolute, or from `base`. */
  readonly folders: Readonly<Partial<Record<Modality, string>>>;
  readonly base: string;
  /** Folder that the pack will have. */
  readonly out: string;
}

/**
 * What the manifest says of encoders. A folder that was written as a relative one is named from the pack's.
 * @throws UndertoneError `config-invalid` where one is missing, of no use, or cannot serve; `encoder-invalid` where the folder holds
 * another encoder.
 */
export async function nameEncoders(systems: readonly PackedSystem[], given: GivenEncoders): Promise<NamedEncoders> {
  const voice = await one('voice', systems, given);
  const face = await one('face', systems, given);
  return {
    ...(voice && { voice: { ...voice.named, layers: voice.made.layers } }),
    ...(face && { face: { ...face.named, side: sideOf(face.made) } }),
  };
}

async function one(modality: Modality, systems: readonly PackedSystem[], { folders, base, out }: GivenEncoders) {
  const field = `encoders.${modality}`;
  const refuse = (why: string) => new UndertoneError('config-invalid', `'${field}': ${why}`);
  const taking = systems.flatMap(({ called, record }) => {
    const made = record.features[modality];
    return made ? [{ called, made }] : [];
  });
  const folder = folders[modality];
  const [first] = taking;
  if (!first) {
    if (folder === undefined) return null;
    throw refuse(`no network of the pack takes its states: leave it out, or give the ${modality} a system`);
  }
  const { called, made } = first;
  const other = taking.find((system) => words(system.made) !== words(made));
  if (other)
    throw refuse(
      `${other.called} learned from ${words(other.made)}, and ${called} from ${words(made)}: a pack has one encoder a ` +
        'modality, so train them on the same features',
    );
  if (made.frames !== 'each')
    throw refuse(
      `${called} learned from means over whole clips, which no live window has: make features without --pooled, and ` +
        'train it on those',
    );
  if (folder === undefined) throw refuse(`is missing: ${called} learned from ${words(made)}; name its folder`);
  const dir = resolve(base, folder);
  const encoder = await readEncoder(dir);
  const hash = encoderHash(encoder);
  if (hash !== made.encoder.sha256)
    throw new UndertoneError(
      'encoder-invalid',
      `'${field}': ${dir} is '${encoder.source.name}' (${hash.slice(0, 12)}), but ${called} learned from ${words(made)}: ` +
        'name the folder of that one, or train on features of this one',
    );
  const { kind, width, source } = encoder;
  const placed = isAbsolute(folder) ? folder : relative(resolve(out), dir);
  return { made, named: { folder: placed, sha256: hash, kind, source: source.name, width } };
}

/** All that decides what a system is given. */
function words({ encoder: { source, sha256 }, layers, side, modality }: Making): string {
  const kept = modality === 'voice' ? `layers ${layers.join(', ')}` : `side ${String(side)}`;
  return `'${source}' (${sha256.slice(0, 12)}), ${kept}`;
}

function sideOf({ side }: Making): number {
  if (side === null) throw new UndertoneError('config-invalid', 'features of a face tell no side: make them again');
  return side;
}
