/** What no network of attributes is needed for: attributes that follow from the shares which the encoder itself predicts. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openEncoder } from '../../models/toolkit/train/encode.ts';
import { examplesOf } from '../../models/toolkit/train/examples.ts';
import { readEach } from '../../models/toolkit/train/reading.ts';
import type { UncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { entropy, softmax } from '../core/probability.ts';
import { type Attribute, ATTRIBUTES } from '../core/vad/attributes.ts';
import type { JudgedAttribute } from '../core/vad/attribute-figures.ts';
import { derivedLabels } from '../core/vad/derived.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { openMedia } from '../io/corpus/media.ts';
import type { AttributeClipsOptions } from './uncertainty-clips.ts';
import { INPUTS, looksOf } from './uncertainty-media.ts';

/**
 * Dev clips as the encoder's shares and the table of derived scores judge them: what a network of attributes has to beat.
 * @throws UndertoneError as corpora and encoders do.
 */
export async function judgedByShares(
  config: UncertaintyConfig,
  { data, encoder, ffmpeg, signal }: AttributeClipsOptions,
): Promise<Readonly<Record<Attribute, JudgedAttribute>>> {
  const { modality, labels, encoderLabels = labels, seed, trimDb, embedding } = config;
  const network = await openEncoder(
    { bytes: await readFile(encoder), embedding, labels: encoderLabels.length, trimDb },
    INPUTS[modality],
  );
  const rows: { readonly truth: ReturnType<typeof derivedLabels>; readonly said: ReturnType<typeof derivedLabels> }[] =
    [];
  try {
    for (const file of config.dev) {
      const corpus = await readCorpus(resolve(data, file));
      const clips = corpus.clips.filter(({ split = 'dev' }) => split === 'dev');
      const media = await openMedia(corpus, { kinds: [modality === 'face' ? 'image' : 'audio'], ffmpeg });
      try {
        const { read } = await readEach(
          examplesOf(clips, modality, labels).examples,
          async (example) => {
            const [encoded] = await network.run(await looksOf(modality, example, media, { looks: 1, seed }));
            return {
              truth: derivedLabels(example.target.shares, labels),
              said: derivedLabels(softmax(encoded?.shareLogits ?? []), encoderLabels),
            };
          },
          { signal },
        );
        rows.push(...read);
      } finally {
        await media.close();
      }
    }
  } finally {
    await network.close();
  }
  const judged = (attribute: Attribute): JudgedAttribute => ({
    truth: rows.map(({ truth }) => truth[attribute].consensus),
    consensus: rows.map(({ said }) => said[attribute].consensus),
    uncertainty: rows.map(({ said }) => entropy(said[attribute].bins)),
  });
  return Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, judged(attribute)])) as Record<
    Attribute,
    JudgedAttribute
  >;
}
