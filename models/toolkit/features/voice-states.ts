/** A voice encoder over clips: batches of similar length, padded and masked where the network takes a mask. */
import { UndertoneError } from '../../../src/errors.ts';
import { voiceFeeds } from '../../encoder-feeds.ts';
import type { VoiceEncoder } from '../../encoder-format.ts';
import { speechFrames } from '../../nets/speech-features.ts';
import type { Network } from '../../runtime.ts';
import { type Picking, pickStates, type States, type StatesEncoder } from './states.ts';

/** How clips become states. */
export interface VoiceStatesOptions extends Picking {
  /** Samples of one run, padding included, at most; a longer clip runs alone. Default 24 s. */
  readonly batchSamples?: number;
}

/** What corpora are decoded to. */
export const SAMPLE_RATE_HZ = 16_000;
/** Frames of an encoder that does not say how samples become frames: for estimates alone. */
const SAMPLES_PER_FRAME = 320;
const BATCH_SAMPLES = 24 * SAMPLE_RATE_HZ;

/**
 * A voice encoder at work on decoded clips, 16 kHz mono in [-1, 1].
 * @throws UndertoneError `config-invalid` for an encoder of another rate or of one length, or a layer that it has not.
 */
export function voiceStates(
  encoder: VoiceEncoder,
  network: Pick<Network, 'run'>,
  options: VoiceStatesOptions,
): StatesEncoder<Float32Array> {
  const { frames, width, outputs, sampleRateHz, inputs } = encoder;
  const { layers, batchSamples = BATCH_SAMPLES } = options;
  const refuse = (why: string) => new UndertoneError('config-invalid', `--encoder: ${why}`);
  if (sampleRateHz !== SAMPLE_RATE_HZ)
    throw refuse(`it hears ${sampleRateHz} Hz, and clips are decoded to ${SAMPLE_RATE_HZ} Hz: choose another encoder`);
  if (typeof inputs.samples.shape[1] === 'number')
    throw refuse(`it takes ${inputs.samples.shape[1]} samples and no others: export it with an open length`);
  const framesOf = (samples: number): number =>
    frames ? speechFrames(samples, frames) : Math.ceil(samples / SAMPLES_PER_FRAME);
  // Where nothing tells padding from sound, or the frames of the one from those of the other, nothing is padded.
  const pads = inputs.mask !== undefined && frames !== null;
  const perFrame = 2 * layers.length * width;

  const encode = async (clips: readonly Float32Array[]): Promise<readonly (States | { readonly why: string })[]> => {
    const hidden = (await network.run(voiceFeeds(encoder, clips), [outputs.hidden.name]))[outputs.hidden.name];
    const [given = 0] = hidden?.dims.slice(-2) ?? [];
    if (!hidden) throw new UndertoneError('encoder-invalid', `it gives no '${outputs.hidden.name}': import it again`);
    const each = hidden.data.length / clips.length;
    return clips.map(({ length }, i) =>
      pickStates(
        hidden.data.subarray(i * each, (i + 1) * each),
        { given, frames: frames ? framesOf(length) : given, width },
        options,
      ),
    );
  };
  return {
    bytesOf: ({ length }) => perFrame * (options.frames === 'mean' ? 1 : framesOf(length)),
    weightOf: ({ byteLength }) => byteLength,
    async run(clips, signal) {
      const all = clips.map((): States | { readonly why: string } => ({ why: 'its sound is too short for one frame' }));
      const long = [...clips.keys()].filter((i) => framesOf(clips[i]?.length ?? 0) > 0);
      for (const batch of batches(long, (i) => clips[i]?.length ?? 0, { most: batchSamples, pads })) {
        // Lets a signal in: the network runs on this thread.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted) return null;
        const found = await encode(batch.map((i) => clips[i] ?? new Float32Array(0)));
        batch.forEach((place, i) => (all[place] = found[i] ?? { why: 'it was not answered' }));
      }
      return all;
    },
  };
}

/**
 * Clips of similar length together: sorted, then as many as fit.
 * @param most samples of a batch, each clip counted as long as the longest.
 * @param pads false: only clips of one length go together.
 */
function batches(
  clips: readonly number[],
  lengthOf: (clip: number) => number,
  { most, pads }: { readonly most: number; readonly pads: boolean },
): readonly (readonly number[])[] {
  const found: number[][] = [];
  for (const clip of clips.toSorted((a, b) => lengthOf(a) - lengthOf(b) || a - b)) {
    const last = found.at(-1);
    const fits =
      last !== undefined &&
      (last.length + 1) * lengthOf(clip) <= most &&
      (pads || lengthOf(last[0] ?? clip) === lengthOf(clip));
    if (fits) last.push(clip);
    else found.push([clip]);
  }
  return found;
}
