/** A pack whose encoders are large networks of others, in a worker: the same code that serves live, on tiny ones. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowRequest } from '../../models/calls.ts';
import { openEncoder } from '../../models/encoder.ts';
import type { VoiceEncoder } from '../../models/encoder-format.ts';
import { voiceFeeds } from '../../models/encoder-feeds.ts';
import { loadPack } from '../../models/pack.ts';
import { findEncoders, type PackEncoders } from '../../models/pack-encoders.ts';
import { loadPerception } from '../../models/perception.ts';
import { openNetwork } from '../../models/runtime.ts';
import { faceCalls } from '../../models/worker/faces.ts';
import { openFaceEncoder, openVoiceEncoder } from '../../models/worker/encoders.ts';
import { openNetworks, type Networks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { randomStream } from '../../src/core/random.ts';
import { predict } from '../../src/core/prediction.ts';
import type { FaceSighting, HeadLogits } from '../../src/domain.ts';
import { astronautFrame } from '../fixtures/pictures.ts';
import { LAYERS, STEPS, writeEncoderPack } from '../fixtures/encoder-pack.ts';

let dir: string;
let packDir: string;
let networks: Networks;
let encoders: PackEncoders;
let look: FaceSighting;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'encoders-'));
  packDir = await writeEncoderPack(dir);
  const { networks: models, encoders: named } = await loadPack(packDir);
  encoders = await findEncoders(packDir, named);
  const perception = await loadPerception('models/perception');
  networks = await openNetworks({ models: { ...models, ...perception, encoders }, provider: 'cpu', threads: 1 });
  const [seen] = await faceCalls(networks)([astronautFrame(512, 512)]);
  if (!seen?.ok || !seen.value[0]) throw new Error('no face');
  look = seen.value[0];
}, 120_000);
afterAll(async () => {
  await networks.close();
  await rm(dir, { recursive: true });
});

/** Noise of a seed, 3 s or as long as is said. */
function voice(seed: number, samples = 48_000): NonNullable<WindowRequest['voice']> {
  const random = randomStream(seed, 'voice');
  const sound = Float32Array.from({ length: samples }, () => 0.2 * (random() - 0.5));
  return { logMel: new Float32Array(0), frames: 300, samples: sound };
}

/** So many looks at the astronaut, each a little different. */
function face(n: number): NonNullable<WindowRequest['face']> {
  const width = look.encoding?.embedding?.length ?? 0;
  const embeddings = new Float32Array(n * width);
  for (let i = 0; i < n; i++) embeddings.set(look.encoding?.embedding?.map((x) => x * (1 + i / 10)) ?? [], i * width);
  return { embeddings, shareLogits: new Float32Array(0), presenceLogits: new Float32Array(0), n };
}

const judge = async (windows: readonly WindowRequest[]) =>
  (await windowCalls(networks)(windows)).map((answer) => {
    if (!answer.ok) throw new Error(answer.message);
    return answer.value;
  });

const near = (heads: HeadLogits | null | undefined) =>
  Array.from(heads?.shareLogits ?? [], (x): unknown => expect.closeTo(x, 4));

describe('windows that encoders hear and see', () => {
  it('are answered for the voice, the face and both, and pass for a prediction', async () => {
    const { pack } = await loadPack(packDir);
    const [heard, seen, both] = await judge([
      { voice: voice(1), face: null },
      { voice: null, face: face(3) },
      { voice: voice(1), face: face(3) },
    ]);
    expect(heard).toMatchObject({ face: null, fusion: null });
    expect(seen).toMatchObject({ voice: null, fusion: null });
    expect(both?.fusion?.subset).toBe('both');
    expect(Array.from(both?.voice?.shareLogits ?? [])).toEqual(near(heard?.voice));
    expect(Array.from(both?.face?.shareLogits ?? [])).toEqual(near(seen?.face));
    expect(both && predict(both, pack)?.modalities).toEqual(['voice', 'face']);
    expect(pack.encoders).toEqual({ voice: 'wavlm-large-tiny', face: 'mobilenetv2-tiny' });
  });

  it('get what the encoder and the network give when they are run one after the other', async () => {
    const sound = voice(2);
    const [answer] = await judge([{ voice: sound, face: null }]);
    if (!encoders.voice) throw new Error('no encoder');
    const { encoder, network } = await openEncoder(encoders.voice.dir);
    if (encoder.modality !== 'voice') throw new Error('no voice');
    const { hidden } = await network.run(voiceFeeds(encoder, [sound.samples ?? new Float32Array(0)]), ['hidden']);
    await network.close();
    const [, layers = 0, frames = 0, width = 0] = hidden?.dims ?? [];
    expect({ layers, width, frames }).toEqual({ layers: 4, width: 32, frames: 149 });
    const fed = new Float32Array(LAYERS.length * STEPS * width);
    LAYERS.forEach((layer, i) => {
      const state = hidden?.data.subarray(layer * frames * width, (layer + 1) * frames * width);
      fed.set(state ?? [], i * STEPS * width);
    });
    const mask = new Float32Array(STEPS).fill(1, 0, frames);
    const { networks: models } = await loadPack(packDir);
    const pooled = Number(models.voice.contract.inputs['face']?.[2]);
    const system = await openNetwork(models.voice);
    const said = await system.run({
      voice: { data: fed, dims: [1, LAYERS.length, STEPS, width] },
      voiceMask: { data: mask, dims: [1, STEPS] },
      face: { data: new Float32Array(8 * pooled), dims: [1, 8, pooled] },
      faceMask: { data: new Float32Array(8), dims: [1, 8] },
    });
    await system.close();
    expect(Array.from(answer?.voice?.shareLogits ?? [])).toEqual(
      Array.from(said['shareLogits']?.data ?? [], (x): unknown => expect.closeTo(x, 4)),
    );
  });

  it('do not depend on who shares their run, nor on how many there are', async () => {
    const windows = Array.from({ length: 7 }, (_, i): WindowRequest => ({
      voice: voice(i),
      face: i % 2 ? face(i) : null,
    }));
    const together = await judge(windows);
    for (const [i, window] of windows.entries()) {
      const [alone] = await judge([window]);
      expect(Array.from(together[i]?.voice?.shareLogits ?? [])).toEqual(near(alone?.voice));
      expect(Array.from(together[i]?.fusion?.shareLogits ?? [])).toEqual(near(alone?.fusion));
    }
  });

  it('share a run of a fixed size, padded where it has more rows, with the states of each alone', async () => {
    if (!encoders.voice) throw new Error('no encoder');
    const opened = await openVoiceEncoder(encoders.voice, 48_000, { sizes: [1, 2, 4] });
    try {
      const clips = [48_000, 20_000, 48_000, 31_000, 48_000, 48_000, 400].map(
        (samples, i) => voice(i, samples).samples ?? new Float32Array(0),
      );
      const together = await opened.encode(clips);
      for (const [i, clip] of clips.entries()) {
        const [shared, alone] = [together(i), (await opened.encode([clip]))(0)];
        expect(shared.n).toBe(alone.n);
        const off = shared.numbers.reduce((most, x, k) => Math.max(most, Math.abs(x - (alone.numbers[k] ?? NaN))), 0);
        expect(off).toBeLessThan(1e-4);
      }
    } finally {
      await opened.close();
    }
  });

  it('are shorter at a recording’s end: what follows is masked, not silence that was heard', async () => {
    const short = voice(3, 20_000);
    const [answer] = await judge([{ voice: short, face: null }]);
    const padded = new Float32Array(48_000);
    padded.set(short.samples ?? []);
    const [silent] = await judge([{ voice: { ...short, samples: padded }, face: null }]);
    const [x = NaN] = answer?.voice?.shareLogits ?? [];
    const [y = NaN] = silent?.voice?.shareLogits ?? [];
    expect(Number.isFinite(x)).toBe(true);
    expect(Math.abs(x - y)).toBeGreaterThan(1e-4);
  });

  it('fail alone, and say why', async () => {
    const bad: WindowRequest[] = [
      { voice: { logMel: new Float32Array(64 * 300), frames: 300 }, face: null },
      { voice: { ...voice(1), samples: Float32Array.of(NaN) }, face: null },
      { voice: null, face: { ...face(2), embeddings: null } },
    ];
    const answers = await windowCalls(networks)([...bad, { voice: voice(1), face: null }]);
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.message))).toEqual([
      expect.stringMatching(/without its sound/),
      expect.stringMatching(/sound holds NaN at 0/),
      expect.stringMatching(/a face of 2 frames has 0 numbers of embedding/),
      'ok',
    ]);
  });

  it('have looks that carry states and no opinion of their own', () => {
    expect(look.encoding).toMatchObject({ shareLogits: new Float32Array(0), presenceLogits: new Float32Array(0) });
    expect(look.encoding?.embedding?.length).toBe(networks.face.contract.inputs['face']?.[2]);
  });
});

describe('the encoders of a pack', () => {
  it('are looked for where the pack says, or where all encoders are', async () => {
    const { encoders: named } = await loadPack(packDir);
    expect((await findEncoders(packDir, named)).voice?.dir).toBe(join(dir, 'encoders/wavlm'));
    expect((await findEncoders('/elsewhere', named, join(dir, 'encoders'))).face?.dir).toBe(
      join(dir, 'encoders/mobilenetv2'),
    );
  });

  it('are missed by name, with the remedy', async () => {
    const { encoders: named } = await loadPack(packDir);
    await expect(findEncoders('/elsewhere/pack', named)).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(
        /needs the encoder 'wavlm-large-tiny', which is not in \/elsewhere\/encoders\/wavlm: .*UNDERTONE_ENCODERS/,
      ) as string,
    });
  });

  it.each<readonly [string, (encoder: VoiceEncoder) => object, RegExp]>([
    ['another width', () => ({ width: 64 }), /which is broken: .*width: is 64, but .* \[n, 4, frames, 32\]/],
    ['more layers', () => ({ layers: 9 }), /layers: is 9, but what the network gives has the shape/],
    ['another rhythm', ({ frames }) => ({ frames: frames?.slice(1) }), /is not the encoder that .* trained on/],
    ['a network elsewhere', ({ network }) => ({ network: { ...network, file: '../x.onnx' } }), /a plain file name/],
  ])('are refused where encoder.json was changed to say %s', async (_, change, said) => {
    const { encoders: named } = await loadPack(packDir);
    const root = join(dir, 'spoiled');
    await cp(join(dir, 'encoders'), root, { recursive: true });
    const path = join(root, 'wavlm', 'encoder.json');
    const encoder = JSON.parse(await readFile(path, 'utf8')) as VoiceEncoder;
    await writeFile(path, JSON.stringify({ ...encoder, ...change(encoder) }));
    await expect(findEncoders(packDir, named, root)).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(said) as string,
    });
  });

  it('are not opened for pictures or windows of other sides than they take', async () => {
    const { face: sees, voice: hears } = encoders;
    if (!sees || !hears) throw new Error('no encoders');
    const root = join(dir, 'fixed');
    await cp(join(dir, 'encoders'), root, { recursive: true });
    const fix = async (kind: string, inputs: object) => {
      const path = join(root, kind, 'encoder.json');
      const encoder = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...encoder, inputs }));
      return join(root, kind);
    };
    const { pixels } = sees.encoder.inputs;
    const face = { ...sees, dir: await fix('mobilenetv2', { pixels: { ...pixels, shape: ['n', 3, 48, 64] } }) };
    await expect(openFaceEncoder(face, { sizes: [1] })).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(/sees pictures of 48 x 64 pixels, and the pack asks for 32/) as string,
    });
    const { samples, mask } = hears.encoder.inputs;
    const fixed = { samples: { ...samples, shape: ['n', 16_000] }, mask: { ...mask, shape: ['n', 16_000] } };
    const voiced = { ...hears, dir: await fix('wavlm', fixed) };
    await expect(openVoiceEncoder(voiced, 48_000, { sizes: [1] })).rejects.toThrow(/hears 16000 samples of 16000 Hz/);
    await (await openVoiceEncoder(voiced, 16_000, { sizes: [1] })).close();
  });

  it('are refused where they are others than the networks learned from', async () => {
    const { encoders: named } = await loadPack(packDir);
    const { voice: hears } = named;
    if (!hears) throw new Error('no encoder');
    const other = { ...named, voice: { ...hears, sha256: '0'.repeat(64) } };
    await expect(findEncoders(packDir, other)).rejects.toThrow(
      /is not the encoder that the pack's networks were trained on/,
    );
    const deeper = { ...named, voice: { ...hears, layers: [1, 4] } };
    await expect(findEncoders(packDir, deeper)).rejects.toThrow(/it has 4 hidden states, and no 4/);
  });
});
