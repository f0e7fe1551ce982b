/** `npm run bench providers`, and what it finds where there is WebGPU. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryProvider } from '../../../models/provider.ts';
import type { Provider } from '../../../models/runtime.ts';
import { importEncoder } from '../../../models/toolkit/encoders/import-encoder.ts';
import { providersTable, type Row } from '../../../scripts/bench/providers.ts';
import { compareApart } from '../../../scripts/bench/providers/apart.ts';
import { agree, type Comparison, NETWORKS, type Subject } from '../../../scripts/bench/providers/compare.ts';
import { readProviderOptions } from '../../../scripts/bench/providers/options.ts';
import { asUndertoneError } from '../../../src/errors.ts';
import { encoderFixture, ENCODERS, SPEECH } from '../../models/toolkit/encoders/fixtures.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-providers-test-'));
  for (const [name, kind] of Object.entries(ENCODERS))
    await importEncoder(kind, {
      from: encoderFixture(name as keyof typeof ENCODERS),
      out: join(dir, name),
      half: true,
    });
});
afterAll(() => rm(dir, { recursive: true }));

const network = (name: (typeof NETWORKS)[number]): Subject => ({
  kind: 'network',
  name,
  pack: 'models/packs/default',
  perception: 'models/perception',
});
const encoder = (name: string, precision: 'float32' | 'float16'): Subject => ({
  kind: 'encoder',
  name,
  dir: join(dir, name),
  precision,
});
const on = (provider: Provider, subject: Subject, timeoutMs = 600_000): Promise<Comparison | null> =>
  compareApart({ subject, provider, rows: 1, seconds: 1, threads: 1, runs: 1 }, { timeoutMs });

describe('a comparison of providers', () => {
  it('finds the CPU to be the CPU', async () => {
    const found = await on('cpu', network('face'));
    expect(found).toMatchObject({ difference: 0, nodes: { CPUExecutionProvider: expect.any(Number) as number } });
    expect(found?.largest).toBeGreaterThan(0.1);
  });

  it('holds an encoder in float16 to the CPU in float32', async () => {
    const found = await on('cpu', encoder('wavlm-base-tiny', 'float16'));
    expect(found?.difference).toBeGreaterThan(1e-6);
    expect(found && agree(found)).toBe(true);
  });

  it('leaves out what is not there', async () => {
    expect(await on('cpu', network('voice attributes'))).toBeNull();
    expect(await on('cpu', encoder('mobilenetv2-tiny', 'float16'))).toBeNull();
  });

  it('says why there is none', async () => {
    const lost = { ...network('face'), pack: 'nowhere' } as Subject;
    await expect(on('cpu', lost)).rejects.toThrow(/^nowhere\/pack\.json cannot be read/);
    await expect(on('cpu', network('face'), 1)).rejects.toThrow('it gave no answer in 0.001 s');
  });

  it('takes no number that is none for agreement', () => {
    expect(agree({ difference: NaN, largest: 1 })).toBe(false);
    expect(agree({ difference: 0.1, largest: 10 })).toBe(true);
    expect(agree({ difference: 0.1, largest: 1 })).toBe(false);
  });

  it('is told in a row', () => {
    const row: Row = {
      provider: 'cuda',
      network: 'face',
      precision: 'float32',
      comparison: null,
      failure: 'no',
      agrees: false,
    };
    const comparison = {
      nodes: { WebGpuExecutionProvider: 20, CPUExecutionProvider: 2 },
      difference: 3,
      largest: 4,
      ms: 8,
      cpuMs: 2,
    };
    const [, , ...rows] = providersTable([row, { ...row, provider: 'webgpu', comparison }])
      .trimEnd()
      .split('\n');
    expect(rows.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      '| cuda | face | float32 | no | | | |',
      '| webgpu | face | float32 | 3.0: IT DIFFERS | 4.00 | 0.25 | WebGpu 20, CPU 2 |',
    ]);
  });

  it('is asked for by options that make sense', () => {
    expect(readProviderOptions(['--help'])).toBeNull();
    expect(readProviderOptions(['--providers', 'cuda', '--encoders', 'a,b', '--json'])).toMatchObject({
      ...{ providers: ['cuda'], encoders: ['a', 'b'], json: true, rows: 4, timeoutMs: 600_000 },
    });
    for (const args of [['--providers', 'tpu'], ['--rows', '0'], ['--seconds', '1.5'], ['--what']])
      expect(() => readProviderOptions(args)).toThrow(/--(providers|rows|seconds)|'--what'/);
  });
});

/** Null where it works. */
const withoutWebGpu = await compareApart(
  { subject: network('face attributes'), provider: 'webgpu', rows: 1, seconds: 1, threads: 1, runs: 1 },
  { timeoutMs: 120_000 },
).then(
  () => null,
  (thrown: unknown) => asUndertoneError(thrown).message.slice(-120),
);

describe.skipIf(withoutWebGpu !== null)(`WebGPU (${withoutWebGpu ?? 'here'}; docs/deploy.md, WebGPU)`, () => {
  it('runs the whole of the network that doctor gives it', { timeout: 600_000 }, async () => {
    const { nodes, half } = await tryProvider('webgpu', 600_000);
    expect(Object.keys(nodes)).toEqual(['WebGpuExecutionProvider']);
    expect(['none', 'rough', 'fine']).toContain(half);
  });

  const shipped = NETWORKS.filter((name) => name !== 'voice attributes');

  it.each(shipped)('gives what the CPU gives: %s', { timeout: 600_000 }, async (name) => {
    const found = await on('webgpu', network(name));
    // A GPU may fuse a product and a sum, and sums in another order.
    expect(found?.difference).toBeLessThan(1e-4 * Math.max(1, found?.largest ?? 0));
    expect(found?.nodes['WebGpuExecutionProvider']).toBeGreaterThan(10);
  });

  it.each(Object.keys(ENCODERS))('gives what the CPU gives: %s', { timeout: 600_000 }, async (name) => {
    const found = await on('webgpu', encoder(name, 'float32'));
    expect(found?.difference).toBeLessThan(1e-4 * Math.max(1, found?.largest ?? 0));
  });

  it.each(SPEECH)('gives nearly that in float16, where its device has it: %s', { timeout: 600_000 }, async (name) => {
    const found = await on('webgpu', encoder(name, 'float16'));
    if (found) expect(found.difference).toBeLessThan(1e-2 * Math.max(1, found.largest));
  });
});
