/** Which checkpoints are read, and which are refused, by what name, with nothing left behind. */
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EncoderKind,
  type EncoderOptions,
  importEncoder,
} from '../../../../models/toolkit/encoders/import-encoder.ts';
import { type Changes, changed, renamed } from './checkpoints.ts';
import { encoded, encoderFixture, ENCODERS, padded } from './fixtures.ts';

type Name = keyof typeof ENCODERS;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-import-encoder-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** SHA-256 of the network that a changed fixture becomes, and what is said of it. */
async function imported(name: Name, changes: Changes | null, options: Partial<EncoderOptions> = {}) {
  const from = changes ? await changed(name, join(dir, 'checkpoint'), changes) : encoderFixture(name);
  const { encoder, notices } = await importEncoder(ENCODERS[name], {
    from,
    out: join(dir, 'encoder'),
    replace: true,
    ...options,
  });
  return { encoder, notices, sha256: encoder.network.sha256 };
}

const zeros = (name: string, ...dims: readonly number[]) => ({
  name,
  dims,
  data: new Float32Array(dims.reduce((size, side) => size * side, 1)),
});

describe('the same encoder comes out', () => {
  const speech = 'wavlm-base-tiny';
  it.each<readonly [string, Name, Changes]>([
    [
      'with the old names of weight norm',
      speech,
      {
        tensors: renamed((name) =>
          name
            .replace('parametrizations.weight.original0', 'weight_g')
            .replace('parametrizations.weight.original1', 'weight_v'),
        ),
      },
    ],
    ['in shards', speech, { shards: 3 }],
    [
      'under a name of its own, with a head beside it',
      speech,
      {
        tensors: (all) => [
          ...renamed((name) => `wavlm.${name}`)(all),
          zeros('classifier.weight', 2, 32),
          zeros('feature_extractor.weight', 2),
        ],
      },
    ],
    [
      'with what only training needs',
      speech,
      {
        tensors: (all) => [
          ...all,
          zeros('masked_spec_embed', 32),
          zeros('quantizer.codevectors', 1, 4),
          zeros('lm_head.bias', 3),
        ],
      },
    ],
    [
      'without a head',
      'mobilenetv2-tiny',
      { tensors: (all) => all.filter(({ name }) => !name.startsWith('classifier')) },
    ],
    [
      'with another head, counters and a prefix',
      'mobilenetv2-tiny',
      {
        tensors: (all) => [
          ...renamed((name) => `module.${name.replace('classifier.1', 'classifier.3')}`)(all),
          { name: 'module.features.0.1.num_batches_tracked', dims: [], data: BigInt64Array.of(7n) },
        ],
      },
    ],
  ])('%s', async (_, name, changes) => {
    expect((await imported(name, changes)).sha256).toBe((await imported(name, null)).sha256);
  });

  it('of float64 numbers; and nearly the same of float16 ones', async () => {
    const doubled = await imported('wav2vec2-large-robust-tiny', {
      tensors: (all) => all.map((tensor) => ({ ...tensor, data: Float64Array.from(tensor.data as Float32Array) })),
    });
    expect(doubled.sha256).toBe((await imported('wav2vec2-large-robust-tiny', null)).sha256);
    const halved = await imported('wav2vec2-large-robust-tiny', {
      tensors: (all) => all.map((tensor) => ({ ...tensor, data: new Float16Array(tensor.data as Float32Array) })),
    });
    expect(halved.encoder.network.bytes).toBe(doubled.encoder.network.bytes);
  });

  it.each([false, true])('whether its weights are in the file or beside it, half %s', async (half) => {
    const inside = await imported('wavlm-base-tiny', null, { half, mostInline: Infinity });
    const feeds = padded([Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i))]);
    const due = await encoded(join(dir, 'encoder'), feeds);
    const { encoder } = await imported('wavlm-base-tiny', null, { half, mostInline: 0 });
    expect(await encoded(join(dir, 'encoder'), feeds)).toEqual(due);
    const { weights, bytes } = encoder.network;
    expect(bytes).toBeLessThan(inside.encoder.network.bytes);
    expect((await stat(join(dir, 'encoder', weights?.file ?? ''))).size).toBe(weights?.bytes);
    await truncate(join(dir, 'encoder', weights?.file ?? ''), 10_000);
    await expect(encoded(join(dir, 'encoder'), feeds)).rejects.toThrow(/encoder\.weights has SHA-256/);
  });

  it('says what was left out, what was assumed, and the licence where it is known', async () => {
    const files = {
      'README.md': '---\nlanguage: en\nlicense: mit\n---\n# A model\n',
      'preprocessor_config.json': JSON.stringify({ do_normalize: true, sampling_rate: 16000, feature_size: 1 }),
    };
    const told = await imported('wavlm-base-tiny', { files, tensors: (all) => [...all, zeros('lm_head.bias', 3)] });
    expect(told.encoder).toMatchObject({
      licence: 'mit',
      normalise: 'clip',
      sampleRateHz: 16000,
      layers: 4,
      width: 32,
    });
    expect(told.notices).toEqual(['left out, as no part of the encoder: lm_head']);
    const untold = await imported('wavlm-base-tiny', null, { licence: 'CC-BY-4.0' });
    expect(untold.encoder).toMatchObject({ licence: 'CC-BY-4.0', normalise: 'none' });
    expect(untold.notices).toEqual([expect.stringMatching(/preprocessor_config\.json is not there/)]);
  });
});

describe('a checkpoint is refused, and nothing is left behind', () => {
  const config = (fields: Changes['config']): Changes => ({ ...(fields && { config: fields }) });
  const tensor = (name: string, change: (data: Float32Array) => void): Changes => ({
    tensors: (all) =>
      all.map((one) => {
        if (one.name === name && one.data instanceof Float32Array) change(one.data);
        return one;
      }),
  });
  it.each<readonly [string, Name, Changes, RegExp]>([
    [
      'no width',
      'wavlm-base-tiny',
      config({ hidden_size: undefined }),
      /config\.json: hidden_size: .*expected number, received undefined/,
    ],
    ['a width of 0', 'wavlm-base-tiny', config({ hidden_size: 0 }), /hidden_size/],
    ['a huge width', 'wavlm-base-tiny', config({ hidden_size: 1e15 }), /hidden_size: Too big/],
    ['half a layer', 'wavlm-base-tiny', config({ num_hidden_layers: 1.5 }), /num_hidden_layers/],
    ['negative layers', 'wavlm-base-tiny', config({ num_hidden_layers: -3 }), /num_hidden_layers/],
    [
      'heads that do not divide',
      'wavlm-base-tiny',
      config({ num_attention_heads: 5 }),
      /5 heads do not divide a hidden_size of 32/,
    ],
    [
      'groups that do not divide',
      'wavlm-base-tiny',
      config({ num_conv_pos_embedding_groups: 5 }),
      /5 groups do not divide/,
    ],
    [
      'strides for other convolutions',
      'wavlm-base-tiny',
      config({ conv_stride: [5] }),
      /conv_stride: has 1 entries where conv_dim has 7/,
    ],
    ['a stride of 0', 'wavlm-base-tiny', config({ conv_stride: [0, 2, 2, 2, 2, 2, 2] }), /conv_stride\.0/],
    ['an unknown activation', 'wavlm-base-tiny', config({ hidden_act: 'relu' }), /hidden_act: only "gelu" is known/],
    ['odd buckets', 'wavlm-base-tiny', config({ num_buckets: 31 }), /num_buckets/],
    [
      'distances that end before the logarithm begins',
      'wavlm-base-tiny',
      config({ max_bucket_distance: 8 }),
      /max_bucket_distance: must be above a quarter/,
    ],
    ['several at once', 'wavlm-base-tiny', config({ hidden_size: -1, conv_bias: 'no' }), /hidden_size: .*conv_bias: /],
    ['no kind', 'wavlm-base-tiny', config({ model_type: undefined }), /model_type/],
    [
      'another kind that is known',
      'wavlm-base-tiny',
      config({ model_type: 'wav2vec2' }),
      /describes a 'wav2vec2', not a 'wavlm': import it as wav2vec2/,
    ],
    ['another kind', 'wavlm-base-tiny', config({ model_type: 'hubert' }), /describes a 'hubert'.*another architecture/],
    [
      'a layer more than the weights',
      'wavlm-base-tiny',
      config({ num_hidden_layers: 4 }),
      /wavlm needs, and the checkpoint lacks, encoder\.layers\.3\.[\w.]+, .* and \d+ more/,
    ],
    [
      'a layer less than the weights',
      'wavlm-base-tiny',
      config({ num_hidden_layers: 2 }),
      /the checkpoint has, and wavlm lacks, encoder\.layers\.2\./,
    ],
    [
      'another width than the weights',
      'wavlm-base-tiny',
      config({ hidden_size: 64 }),
      /of other sides: feature_projection\.projection\.weight of \[32, 16\] where \[64, 16\] is needed/,
    ],
    [
      'biases that the weights lack',
      'wavlm-base-tiny',
      config({ conv_bias: true }),
      /lacks, feature_extractor\.conv_layers\.0\.conv\.bias/,
    ],
    [
      'an adapter in its layers',
      'wavlm-base-tiny',
      { tensors: (all) => [...all, zeros('encoder.layers.0.adapter_layer.norm.bias', 2)] },
      /wavlm lacks, encoder\.layers\.0\.adapter_layer/,
    ],
    [
      'something unknown beside it',
      'wavlm-base-tiny',
      { tensors: (all) => [...all, zeros('vision.weight', 2)] },
      /wavlm lacks, vision\.weight/,
    ],
    [
      'two of them',
      'wavlm-base-tiny',
      { tensors: (all) => [...all, ...renamed((name) => `other.${name}`)(all)] },
      /more than one wavlm/,
    ],
    [
      'NaN',
      'wavlm-base-tiny',
      tensor('encoder.layers.1.layer_norm.bias', (data) => data.fill(NaN, 3, 4)),
      /tensor 'encoder\.layers\.1\.layer_norm\.bias' holds NaN at 3/,
    ],
    [
      'infinity',
      'wavlm-base-tiny',
      tensor('feature_projection.projection.weight', (data) => data.fill(Infinity)),
      /holds Infinity at 0/,
    ],
    [
      'a direction of no length',
      'wavlm-base-tiny',
      tensor('encoder.pos_conv_embed.conv.parametrizations.weight.original1', (data) => data.fill(0)),
      /original1' make a weight that is not finite/,
    ],
    [
      'a negative variance',
      'mobilenetv2-tiny',
      tensor('features.3.conv.0.1.running_var', (data) => data.fill(-1)),
      /features\.3\.conv\.0\.0\.weight' and .* make a weight that is not finite/,
    ],
    [
      'a block less',
      'mobilenetv2-tiny',
      { tensors: (all) => all.filter(({ name }) => !name.startsWith('features.5.')) },
      /mobilenetv2 needs, and the checkpoint lacks, features\.5\./,
    ],
    [
      'a block more',
      'mobilenetv2-tiny',
      { tensors: (all) => [...all, zeros('features.19.0.weight', 4, 4, 1, 1)] },
      /mobilenetv2 lacks, features\.19\.0\.weight/,
    ],
    [
      'no weights of its kind',
      'mobilenetv2-tiny',
      { tensors: () => [zeros('conv_stem.weight', 2)] },
      /is no mobilenetv2: it has no tensor 'features\.0\.0\.weight', but conv_stem\.weight/,
    ],
    [
      'a front end that does not say enough',
      'wavlm-base-tiny',
      { files: { 'preprocessor_config.json': '{}' } },
      /preprocessor_config\.json: do_normalize/,
    ],
  ])('%s', async (_, name, changes, said) => {
    await refused(ENCODERS[name], await changed(name, join(dir, 'checkpoint'), changes), said);
  });

  it('weights that are cut off', async () => {
    const from = await changed('wavlm-base-tiny', join(dir, 'checkpoint'));
    await truncate(join(from, 'model.safetensors'), 100_000);
    await refused('wavlm', from, /model\.safetensors is no whole safetensors file/);
  });

  it('no config', async () => {
    const from = await changed('wavlm-base-tiny', join(dir, 'checkpoint'));
    await rm(join(from, 'config.json'));
    await refused('wavlm', from, /there is no .*config\.json/);
  });

  async function refused(kind: EncoderKind, from: string, said: RegExp): Promise<void> {
    await expect(importEncoder(kind, { from, out: join(dir, 'encoder') })).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(said) as string,
    });
    expect(await readdir(dir)).toEqual(['checkpoint']);
  }
});

describe('an import', () => {
  const from = encoderFixture('wavlm-base-tiny');
  it('is refused where the disk has no room, with both sizes', async () => {
    await expect(
      importEncoder('wavlm', { from, out: join(dir, 'encoder'), freeBytes: () => Promise.resolve(100_000) }),
    ).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/needs 0\.2 MB, and 0\.1 MB are free there: make room/) as string,
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it('leaves nothing when it is stopped at any time', async () => {
    for (const share of [0, 0.3, 0.7, 0.99]) {
      const stop = new AbortController();
      const progress = (done: number, total: number): void => {
        if (done >= share * total) stop.abort();
      };
      await expect(
        importEncoder('wavlm', { from, out: join(dir, 'encoder'), progress, signal: stop.signal }),
      ).rejects.toThrow();
      expect(await readdir(dir)).toEqual([]);
    }
  });

  it('tells how far it is, up to the end', async () => {
    const told: (readonly [number, number])[] = [];
    await importEncoder('wavlm', { from, out: join(dir, 'encoder'), progress: (...now) => told.push(now) });
    const [last] = told.slice(-1);
    expect(last?.[0]).toBeGreaterThan(0.99 * (last?.[1] ?? Infinity));
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
  });

  it('writes over an encoder that is there only where it is told to, and over nothing else', async () => {
    const out = join(dir, 'encoder');
    await importEncoder('wavlm', { from, out });
    await expect(importEncoder('wavlm', { from, out })).rejects.toThrow(/is there already/);
    await importEncoder('wavlm', { from, out, replace: true, half: true });
    const { network } = JSON.parse(await readFile(join(out, 'encoder.json'), 'utf8')) as { network: object };
    expect(network).toMatchObject({ precision: 'float16' });
    await rm(join(out, 'encoder.json'));
    await writeFile(join(out, 'notes.txt'), '');
    await expect(importEncoder('wavlm', { from, out, replace: true })).rejects.toThrow(/other than an encoder/);
  });

  it('refuses more layers than there are, and layers of a network without', async () => {
    const out = join(dir, 'encoder');
    await expect(importEncoder('wavlm', { from, out, layers: 4 })).rejects.toThrow(/has 3 layers/);
    await expect(
      importEncoder('mobilenetv2', { from: encoderFixture('mobilenetv2-tiny'), out, layers: 4 }),
    ).rejects.toThrow(/no layers to choose/);
  });
});
