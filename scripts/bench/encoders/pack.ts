/** A pack over full-size encoders, with a network of paper 5's sizes and random weights behind them. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Encoder, encoderHash, readEncoder } from '../../../models/encoder-format.ts';
import type { FusionNetwork } from '../../../models/nets/fusion.ts';
import { speechFrames } from '../../../models/nets/speech-features.ts';
import type { Format3 } from '../../../models/pack-format/format-3.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { randomSystem, type States } from './random-system.ts';
import { PICTURE_SIDE, WINDOW_SAMPLES } from './subjects.ts';

/** As models/configs/fusion-paper.json has them, for system 9: one half each. */
const PAPER_5: FusionNetwork = {
  width: 512,
  heads: 8,
  dropout: 0,
  voice: { halves: ['av'], layers: 3 },
  face: { halves: ['av'], layers: 3, channels: 1024, kernel: 3 },
  shared: { layers: 2, attention: 'each' },
};

/**
 * Write the pack.
 * @param dir its folder, which is made.
 * @param folders of the encoders of voice and face.
 * @param network sizes. Default: paper 5's.
 * @throws UndertoneError `encoder-invalid` for folders that hold no such encoders.
 */
export async function writeBenchPack(
  dir: string,
  folders: { readonly voice: string; readonly face: string },
  network = PAPER_5,
): Promise<void> {
  const [voice, face] = [await readEncoder(folders.voice), await readEncoder(folders.face)];
  if (voice.modality !== 'voice' || face.modality !== 'face' || !voice.frames)
    throw new UndertoneError('encoder-invalid', `${folders.voice} hears, and ${folders.face} sees, in this benchmark`);
  const steps = speechFrames(WINDOW_SAMPLES, voice.frames);
  const states = { layers: voice.layers, steps, voiceWidth: voice.width, faceWidth: face.width };
  const bytes = randomSystem(states, network, LABELS.length);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'system.onnx'), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(dir, 'pack.json'), JSON.stringify(manifest(states, sha256, { voice, face }, folders)));
}

function manifest(
  { layers, steps, voiceWidth, faceWidth }: States,
  sha256: string,
  encoders: Readonly<Record<'voice' | 'face', Encoder>>,
  folders: Readonly<Record<'voice' | 'face', string>>,
): Format3 {
  const labels = [...LABELS];
  const logits: ['n', number] = ['n', labels.length];
  const entry = {
    file: 'system.onnx',
    sha256,
    labels,
    inputs: {
      voice: ['n', layers, steps, voiceWidth] as ['n', number, number, number],
      voiceMask: ['n', steps] as ['n', number],
      face: ['n', 'frames', faceWidth] as ['n', 'frames', number],
      faceMask: ['n', 'frames'] as ['n', 'frames'],
    },
    outputs: { shareLogits: logits, presenceLogits: logits },
  };
  const calibration = Object.fromEntries(
    labels.map((label) => [label, { method: 'temperature', form: 'logit', temperature: 1 } as const]),
  );
  const named = (modality: 'voice' | 'face') => ({
    folder: resolve(folders[modality]),
    sha256: encoderHash(encoders[modality]),
    kind: encoders[modality].kind,
    source: encoders[modality].source.name,
    width: encoders[modality].width,
  });
  return {
    format: 3,
    name: 'bench',
    version: '1.0.0',
    licence: 'random weights',
    labels,
    encoders: {
      voice: { ...named('voice'), layers: Array.from({ length: layers }, (_, layer) => layer) },
      face: { ...named('face'), side: PICTURE_SIDE },
    },
    networks: {
      voice: { ...entry, takes: 'states', calibration },
      face: { ...entry, takes: 'states', calibration },
      fusion: { ...entry, serves: ['both'], calibration: { both: calibration } },
    },
    decision: { thresholds: Object.fromEntries(labels.map((label) => [label, 0.5])), minTopProbability: 0.4 },
    provenance: { madeBy: 'npm run bench encoders' },
  };
}
