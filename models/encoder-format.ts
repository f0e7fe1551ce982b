/** What an encoder is: a folder with a network and `encoder.json`, which tells how to feed it and what it gives. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../src/errors.ts';
import { readManifest } from './verified-file.ts';

/** The manifest's name in its folder. */
export const ENCODER_MANIFEST = 'encoder.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const plainName = z.string().regex(/^[\w-][\w.-]*$/, 'must be a plain file name');
const text = z.string().min(1).max(200);
const count = z.int().min(1);

/** A tensor of the network: what it is called there, and its sides; `n` is the batch. */
const tensor = z.strictObject({ name: text, shape: z.array(z.union([count, text])).max(5) });

/** Architecture; `onnx` for a network from elsewhere. */
export const encoderKind = z.enum(['wavlm', 'wav2vec2', 'mobilenetv2', 'onnx']);

const common = {
  /** Version of this format. */
  format: z.literal(1),
  kind: encoderKind,
  network: z.strictObject({
    file: plainName,
    sha256,
    bytes: count,
    /** The file of the larger weights, where the network is too large for one file. */
    weights: z.strictObject({ file: plainName, sha256, bytes: count }).optional(),
    /** The same network computing in float16, over the same file of weights; where there is one. */
    half: z.strictObject({ file: plainName, sha256, bytes: count }).optional(),
    /** Of the weights. */
    precision: z.enum(['float32', 'float16', 'unknown']),
  }),
  /** Where it is from: the folder, file or address that it was made of, and what its files hash to. */
  source: z.strictObject({
    name: text,
    url: z.string().max(4000).optional(),
    files: z.array(z.strictObject({ file: text, sha256 })).min(1),
  }),
  /** Of the weights, as the checkpoint or whoever imported it tells; null where nobody said. */
  licence: text.nullable(),
  /** Width of what it gives. */
  width: count,
};

/** One convolution that turns samples into frames. */
const convolution = z.strictObject({ kernel: count, stride: count });

const voiceEncoder = z.strictObject({
  ...common,
  modality: z.literal('voice'),
  inputs: z.strictObject({
    /** Waveform, float32 [n, length]. */
    samples: tensor,
    /** Where the network takes one: float32 or int64 [n, length], 1 for samples of the clip, 0 for the padding after it. */
    mask: tensor.extend({ type: z.enum(['float32', 'int64']) }).optional(),
  }),
  outputs: z.strictObject({
    /** [n, layers, frames, width], or [n, frames, width] of a network with one layer. */
    hidden: tensor,
    /** What the network gives at its end, [n, frames, width]: the last state, normalised where its layers do not do that. */
    last: tensor.optional(),
  }),
  /** Hidden states: what goes into the first transformer layer, and what comes out of each. */
  layers: count,
  sampleRateHz: count,
  /** `clip`: each clip's samples are brought to mean 0 and variance 1 before they go in; `none`: as they are, -1 to 1. */
  normalise: z.enum(['clip', 'none']),
  /** How samples become frames; null where it is not known. */
  frames: z.array(convolution).min(1).nullable(),
});

const faceEncoder = z.strictObject({
  ...common,
  modality: z.literal('face'),
  /** RGB, float32 [n, 3, height, width]. */
  inputs: z.strictObject({ pixels: tensor }),
  /** [n, width]. */
  outputs: z.strictObject({ pooled: tensor }),
  /** Pixels of 0 to 1, less the mean, over the deviation, of each channel. */
  normalise: z.strictObject({
    mean: z.array(z.number()).length(3),
    deviation: z.array(z.number().positive()).length(3),
  }),
});

/** Schema of `encoder.json`. */
export const encoderSchema = z
  .discriminatedUnion('modality', [voiceEncoder, faceEncoder])
  .superRefine((encoder, context) => {
    const { shape } = encoder.modality === 'voice' ? encoder.outputs.hidden : encoder.outputs.pooled;
    const agree = (field: 'layers' | 'width', said: number, side: number | string | undefined) => {
      if (side === said || typeof side === 'string') return;
      const message = `is ${said}, but what the network gives has the shape [${shape.join(', ')}]`;
      context.addIssue({ code: 'custom', path: [field], message });
    };
    agree('width', encoder.width, shape.at(-1));
    if (encoder.modality === 'voice') agree('layers', encoder.layers, shape.length === 4 ? shape[1] : 1);
  });

const derived = { format: true, kind: true, network: true, source: true, width: true } as const;
const said = { licence: text.nullable().default(null) };

/**
 * Schema of the description of a network from elsewhere: `encoder.json` without what its file and its shapes tell. What is
 * not known may be left out.
 */
export const encoderDescription = z.discriminatedUnion('modality', [
  voiceEncoder.omit({ ...derived, layers: true }).extend({ ...said, frames: voiceEncoder.shape.frames.default(null) }),
  faceEncoder.omit(derived).extend(said),
]);

/** What `encoder.json` says. */
export type Encoder = z.infer<typeof encoderSchema>;
/** An encoder of voices: samples to hidden states. */
export type VoiceEncoder = z.infer<typeof voiceEncoder>;
/** An encoder of faces: pixels to one vector. */
export type FaceEncoder = z.infer<typeof faceEncoder>;

/**
 * What the encoder in a folder is. Its network is not read.
 * @throws UndertoneError `encoder-invalid`, with every problem and its place.
 * @example const { layers, width } = await readEncoder('encoders/wavlm-large');
 */
export async function readEncoder(dir: string): Promise<Encoder> {
  try {
    return await readManifest(join(dir, ENCODER_MANIFEST), encoderSchema);
  } catch (cause) {
    if (!(cause instanceof UndertoneError)) throw cause;
    if ((cause.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
      throw new UndertoneError(
        'encoder-invalid',
        `there is no encoder in '${dir}': import one there (docs/encoders.md)`,
        {
          cause,
        },
      );
    throw new UndertoneError('encoder-invalid', `${cause.message}: import the encoder again`, { cause });
  }
}

/** SHA-256 of all that decides what an encoder gives: its network's files, how they are fed and what is read. */
export function encoderHash(encoder: Encoder): string {
  const { network, inputs, outputs, normalise } = encoder;
  const decides = [network.sha256, network.weights?.sha256 ?? null, inputs, outputs, normalise];
  // How much of a padded clip's states is read follows from how samples become frames.
  const read = encoder.modality === 'voice' ? [encoder.frames] : [];
  return createHash('sha256')
    .update(JSON.stringify([...decides, ...read]))
    .digest('hex');
}
