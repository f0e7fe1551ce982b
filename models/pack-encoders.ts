/** Where a pack's encoders are, and that they are those whose states its networks were trained on. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import {
  ENCODER_MANIFEST,
  encoderHash,
  type Encoder,
  type FaceEncoder,
  readEncoder,
  type VoiceEncoder,
} from './encoder-format.ts';
import type { NamedEncoders } from './pack-format/encoders.ts';

/** An encoder that was found; `openEncoder(dir)` verifies and opens its network. */
interface Found<E extends Encoder> {
  readonly dir: string;
  readonly encoder: E;
}

/** The encoders of a pack. */
export interface PackEncoders {
  /** `layers`: the hidden states that are given on. */
  readonly voice?: Found<VoiceEncoder> & { readonly layers: readonly number[] };
  /** `side`: of the pictures that it is given, pixels. */
  readonly face?: Found<FaceEncoder> & { readonly side: number };
}

/**
 * Find the encoders that a pack names.
 * @param packDir the pack's folder, from which relative folders start.
 * @param root folder that holds encoders instead: each is looked for there, by the last part of its folder's name.
 * @throws UndertoneError `encoder-invalid`: one is not there, broken, or another than the pack was trained on.
 * @example const { voice } = await findEncoders('packs/wavlm', encoders);
 */
export async function findEncoders(packDir: string, named: NamedEncoders, root?: string): Promise<PackEncoders> {
  const { voice, face } = named;
  const found: { -readonly [M in keyof PackEncoders]: PackEncoders[M] } = {};
  if (voice) {
    const { dir, encoder } = await find(voice, packDir, root);
    if (encoder.modality !== 'voice') throw another(dir, 'it is of a face');
    const odd = voice.layers.find((layer) => layer >= encoder.layers);
    if (odd !== undefined) throw another(dir, `it has ${encoder.layers} hidden states, and no ${odd}`);
    found.voice = { dir, encoder, layers: voice.layers };
  }
  if (face) {
    const { dir, encoder } = await find(face, packDir, root);
    if (encoder.modality !== 'face') throw another(dir, 'it is of a voice');
    found.face = { dir, encoder, side: face.side };
  }
  return found;
}

/** Where `findEncoders` looks for one. @param folder as the manifest names it. */
export function encoderFolder(folder: string, packDir: string, root?: string): string {
  return root === undefined ? resolve(packDir, folder) : join(root, basename(folder));
}

type Named = NonNullable<NamedEncoders['voice'] | NamedEncoders['face']>;

async function find({ folder, sha256, source }: Named, packDir: string, root?: string): Promise<Found<Encoder>> {
  const dir = encoderFolder(folder, packDir, root);
  const isThere = await stat(join(dir, ENCODER_MANIFEST)).then(
    () => true,
    () => false,
  );
  const needed = `the pack ${packDir} needs the encoder '${source}'`;
  if (!isThere)
    throw new UndertoneError(
      'encoder-invalid',
      `${needed}, which is not in ${dir}: import it there (docs/encoders.md), or set UNDERTONE_ENCODERS to the folder in ` +
        `which ${basename(folder)} is`,
    );
  const encoder = await readEncoder(dir).catch((cause: unknown) => {
    throw new UndertoneError('encoder-invalid', `${needed}, which is broken: ${asUndertoneError(cause).message}`, {
      cause,
    });
  });
  if (encoderHash(encoder) !== sha256) throw another(dir, `the pack names ${sha256}, this is ${encoderHash(encoder)}`);
  return { dir, encoder };
}

function another(dir: string, why: string): UndertoneError {
  return new UndertoneError(
    'encoder-invalid',
    `${dir} is not the encoder that the pack's networks were trained on (${why}): import that one again, or train on this one`,
  );
}
