/** Published speech encoders: from a checkpoint's configuration to a network. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../../src/errors.ts';
import { createGraph } from '../../graph/graph.ts';
import { graphModel } from '../../graph/model.ts';
import { stacked } from '../../nets/speech.ts';
import { wav2vec2 } from '../../nets/wav2vec2.ts';
import { wavLm } from '../../nets/wavlm.ts';
import { readJson } from './checkpoint.ts';
import type { EncoderPlan } from './plan.ts';
import { readSpeechConfig, type SpeechConfig, type SpeechKind } from './speech-config.ts';
import { speechRecipe } from './speech-recipes.ts';

/** What of a speech encoder is wanted. */
export interface SpeechOptions {
  /** Transformer layers, the first so many. Default: all. */
  readonly layers?: number;
  /** Whether the network takes a mask, for clips that are padded to one length. Default true. */
  readonly masked?: boolean;
}

/** What published models of these kinds put beside or around the encoder: heads, and what only training needs. */
const SPARE =
  /^(masked_spec_embed|quantizer|project_hid|project_q|lm_head|projector|classifier|layer_weights|tdnn|adapter)(\.|$)/;
const OWN = /^(feature_extractor|feature_projection|encoder)\./;

/**
 * Plan the network of the checkpoint in `dir`.
 * @throws UndertoneError `encoder-invalid` as `readSpeechConfig`; `config-invalid` for more layers than there are.
 */
export async function speechPlan(dir: string, kind: SpeechKind, options: SpeechOptions): Promise<EncoderPlan> {
  const config = await readSpeechConfig(join(dir, 'config.json'), kind);
  const { size } = config;
  const { layers = size.layers, masked = true } = options;
  if (layers > size.layers)
    throw new UndertoneError('config-invalid', `--layers ${layers}: the checkpoint has ${size.layers} layers`);
  const graph = createGraph({ weights: 'later' });
  const samples = graph.input('samples', ['n', 'length']);
  const mask = masked ? graph.input('mask', ['n', 'length']) : null;
  const { states, ended } = config.kind === 'wavlm' ? wavLm(samples, mask, config.size) : wav2vec2(samples, mask, size);
  const kept = states.slice(0, layers + 1);
  const outputs = { hidden: stacked(kept), last: ended(kept.at(-1) ?? samples) };
  const { normalise, sampleRateHz, notices } = await readFrontEnd(dir, config);
  return {
    model: graphModel(graph, outputs, { name: kind }),
    architecture: {
      name: kind,
      weights: graph.contents.later,
      recipe: (weight, has) => speechRecipe(weight, config.kind === 'wavlm' ? config.size : null, has),
      anchor: 'feature_extractor.conv_layers.0.conv.weight',
      spare: (tensor) => SPARE.test(tensor),
      own: (tensor) => OWN.test(tensor),
    },
    manifest: {
      format: 1,
      kind,
      modality: 'voice',
      licence: null,
      inputs: {
        samples: { name: 'samples', shape: ['n', 'length'] },
        ...(masked && { mask: { name: 'mask', shape: ['n', 'length'], type: 'float32' } }),
      },
      outputs: {
        hidden: { name: 'hidden', shape: ['n', layers + 1, 'frames', size.width] },
        last: { name: 'last', shape: ['n', 'frames', size.width] },
      },
      layers: layers + 1,
      width: size.width,
      sampleRateHz,
      normalise,
      frames: size.features.convolutions.map(({ kernel, stride }) => ({ kernel, stride })),
    },
    leastHalved: 1024,
    notices,
  };
}

const frontEnd = z.object({ do_normalize: z.boolean(), sampling_rate: z.int().min(1000).max(384_000) });

/** How samples are to be prepared. Of a checkpoint that does not say, what the published ones of its kind say. */
async function readFrontEnd(dir: string, { kind, size }: SpeechConfig) {
  const path = join(dir, 'preprocessor_config.json');
  if (await stat(path).catch(() => null)) {
    const { do_normalize, sampling_rate } = await readJson(path, frontEnd);
    return { normalise: normalisation(do_normalize), sampleRateHz: sampling_rate, notices: [] };
  }
  const normalise = normalisation(kind === 'wav2vec2' || size.features.norm === 'layer');
  return {
    normalise,
    sampleRateHz: 16_000,
    notices: [
      `${path} is not there: 16 kHz and ${normalise === 'clip' ? 'samples of mean 0 and variance 1' : 'samples as they are'} ` +
        `are assumed, as in the published models of this kind`,
    ],
  };
}

function normalisation(wanted: boolean): 'clip' | 'none' {
  return wanted ? 'clip' : 'none';
}
