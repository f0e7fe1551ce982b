/** How a worker hears windows: log-mel through the pack's voice network, or sound through an encoder and a network over its states. */
import { SILENT_BAND } from '../../src/core/features.ts';
import { trimSilence } from '../../src/core/trim.ts';
import type { HeadLogits } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { WindowRequest } from '../calls.ts';
import { voiceDistance } from './distances.ts';
import { headsOf } from './heads.ts';
import type { Networks } from './networks.ts';
import { rowsThrough } from './rows.ts';
import type { StateSequence } from './sequence.ts';
import { askThrough } from './states.ts';

/** The voice of a window. */
export type Sound = NonNullable<WindowRequest['voice']>;

/** What was heard, by sound. */
export interface Heard {
  /** @throws UndertoneError `inference-failed` where a number is not finite. */
  heads(sound: number): HeadLogits;
  /** What shared layers look at: of log-mel the network's embedding, where any of the pack's networks asks for it. */
  states(sound: number): StateSequence;
  /** How far it lies from the pack's reference; undefined where there is none. */
  distance(sound: number): number | undefined;
}

/** Hears sounds, all in one batch. */
export type Hear = (sounds: readonly Sound[]) => Promise<Heard>;

/** Whether a network of a modality takes states of an encoder, not what the product computes. */
export function takesStates({ inputs }: Networks['voice']['contract']): boolean {
  return 'voice' in inputs || 'face' in inputs;
}

/** How these networks hear. */
export function hearThrough(networks: Pick<Networks, 'voice' | 'fusion' | 'attributes' | 'encoders'>): Hear {
  return takesStates(networks.voice.contract) ? hearSound(networks) : hearLogMel(networks);
}

function hearLogMel({ voice, fusion, attributes }: Pick<Networks, 'voice' | 'fusion' | 'attributes'>): Hear {
  const { contract } = voice;
  const run = rowsThrough(voice, ['logmel']);
  const heads = headsOf(contract, 'voice');
  const n = Number(contract.outputs['embedding']?.[1]);
  const isAsked = contract.reference ?? fusion ?? attributes.voice;
  const outputs = [...heads.outputs, ...(isAsked ? ['embedding'] : [])];
  return async (sounds) => {
    const trimmed = sounds.map(({ logMel }) => trimSilence(logMel, contract.trimDb ?? 0));
    const heard = await run(sounds.length, (row, { logmel }) => fillSound(trimmed[row], logmel), { outputs });
    return {
      heads: (row) => heads.read(heard, row),
      states: (row) => ({ numbers: heard('embedding', row), n }),
      distance(row) {
        const sound = trimmed[row];
        return sound && voiceDistance(sound, heard('embedding', row), contract);
      },
    };
  };
}

function hearSound({ voice, encoders }: Pick<Networks, 'voice' | 'encoders'>): Hear {
  const ask = askThrough(voice, 'voice');
  const { voice: encode } = encoders;
  return async (sounds) => {
    if (!encode) throw new UndertoneError('internal', 'the voice encoder is not open here');
    const states = await encode(sounds.map(({ samples }) => samples ?? new Float32Array(0)));
    const said = await ask(sounds.map((_, row) => ({ voice: states(row), face: null })));
    return { heads: said, states, distance: () => undefined };
  };
}

/** A short window, or one that was trimmed, is followed by silence. */
function fillSound(logMel: Float32Array | undefined, out: Float32Array): void {
  if (logMel) out.set(logMel);
  out.fill(SILENT_BAND, logMel?.length ?? 0);
}
