import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../models/contract.ts';
import { loadPack, type LoadedPack } from '../../models/pack.ts';
import { openNetwork, type Network } from '../../models/runtime.ts';
import { openNetworks } from '../../models/worker/networks.ts';
import { loadPerception } from '../../models/perception.ts';
import { referenceLogMel, referencePixels, STARTER } from '../fixtures/inference.ts';
import reference from '../fixtures/starter/reference.json' with { type: 'json' };

let loaded: LoadedPack;
beforeAll(async () => {
  loaded = await loadPack(STARTER);
});

const expectWithin = (tolerance: number, actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, k) => expect(Math.abs((actual[k] ?? NaN) - value)).toBeLessThan(tolerance));
};

describe('the starter networks', () => {
  const open: Network[] = [];
  afterAll(() => Promise.all(open.map((network) => network.close())));

  it("give their makers' logits for the reference sound, to 1e-3", async () => {
    const network = await openNetwork(loaded.networks.voice);
    open.push(network);
    const { logits } = await network.run({ logmel: { data: referenceLogMel(), dims: [1, 300, 64] } });
    expectWithin(1e-3, logits?.data ?? [], reference.voice.logits);
  });

  it("give their makers' logits for the reference picture, to 1e-3", async () => {
    const network = await openNetwork(loaded.networks.face);
    open.push(network);
    const { logits, embedding } = await network.run({ pixels: { data: referencePixels(), dims: [1, 1, 48, 48] } });
    expectWithin(1e-3, logits?.data ?? [], reference.face.logits);
    expect(embedding?.dims).toEqual([1, 128]);
  });

  it('refuse feeds of another shape, and live on', async () => {
    const network = await openNetwork(loaded.networks.face);
    open.push(network);
    const data = new Float32Array(32 * 32);
    await expect(network.run({ pixels: { data, dims: [1, 1, 32, 32] } })).rejects.toMatchObject({
      code: 'inference-failed',
    });
    const { logits } = await network.run({ pixels: { data: referencePixels(), dims: [1, 1, 48, 48] } });
    expectWithin(1e-3, logits?.data ?? [], reference.face.logits);
  });
});

describe('a network that is not the one described', () => {
  const refusal = (model: Model) => expect(openNetwork(model)).rejects;
  const invalid = (message: RegExp): unknown =>
    expect.objectContaining({ code: 'pack-invalid', message: expect.stringMatching(message) as unknown });

  it('is refused when it is no ONNX', async () => {
    const { voice } = loaded.networks;
    await refusal({ ...voice, bytes: voice.bytes.slice(0, 5000) }).toEqual(invalid(/voice\.onnx cannot be opened/));
    await refusal({ ...voice, bytes: new TextEncoder().encode('hello') }).toEqual(invalid(/export it again/));
    await refusal({ ...voice, bytes: new Uint8Array(0) }).toEqual(invalid(/voice\.onnx cannot be opened/));
  });

  it('is refused when an input has another name', async () => {
    const { voice, face } = loaded.networks;
    await refusal({ ...voice, bytes: face.bytes }).toEqual(
      invalid(/has no input 'logmel' \(it has 'pixels'\); it has an input 'pixels' that the manifest does not name/),
    );
  });

  it('is refused when an output is missing or has another width or rank', async () => {
    const { face } = loaded.networks;
    const describedAs = (outputs: Model['contract']['outputs']): Model => ({
      ...face,
      contract: { inputs: face.contract.inputs, outputs },
    });
    await refusal(describedAs({ valence: ['n', 1] })).toEqual(
      invalid(/no output 'valence' \(it has 'embedding', 'logits'\)/),
    );
    await refusal(describedAs({ logits: ['n', 7] })).toEqual(
      invalid(/output 'logits' has shape \[n, 8\], not \[n, 7\]/),
    );
    await refusal(describedAs({ logits: ['n', 8, 1] })).toEqual(invalid(/output 'logits' has shape/));
  });

  it('is refused when its shape only shows in a run', async () => {
    const perception = await loadPerception('models/perception');
    const { speech } = perception;
    const outputs = { ...speech.contract.outputs, output: ['n', 2] } as const;
    const models = {
      ...loaded.networks,
      ...perception,
      speech: { ...speech, contract: { ...speech.contract, outputs } },
    };
    await expect(openNetworks({ models, provider: 'cpu', threads: 1 })).rejects.toEqual(
      invalid(/silero\.onnx (gives 'output' as \[1, 1\]|.*output 'output' has shape)/),
    );
  });
});
