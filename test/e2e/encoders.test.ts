/** From two checkpoints and a manifest to live verdicts by encoders, as docs/encoders.md has it typed. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inspect } from '../../src/commands/inspect.ts';
import { pack } from '../../src/commands/pack.ts';
import { inProcess } from '../commands/in-process.ts';
import { DESCRIPTION, typeSystems } from '../commands/typed-systems.ts';
import { SYSTEMS_CONFIG } from '../fixtures/systems.ts';
import { trainingFolder } from '../fixtures/training.ts';
import { startCamera } from './camera.ts';
import { freePort, MISSING, startUndertone, type Undertone, watch } from './undertone.ts';

const needed = MISSING.filter((what) => what === 'UNDERTONE_WORKER_BIN');

describe.skipIf(needed.length > 0)(`encoders (need ${needed.join(', ') || 'nothing that is missing'})`, () => {
  const folder = trainingFolder();
  const at = (path: string): string => join(folder.path, path);
  let camera: ChildProcess | undefined;
  let server: Undertone | undefined;
  let viewer: ReturnType<typeof watch> | undefined;

  afterAll(async () => {
    camera?.kill('SIGKILL');
    viewer?.view.close();
    await server?.stop();
    folder.remove();
  });

  it('become a calibrated pack', async () => {
    await typeSystems(folder);
    const described = folder.put('pack.json', JSON.stringify({ ...DESCRIPTION, minTopProbability: 0.3 }));
    const packed = await inProcess(pack, [described, '--runs', at('runs'), '--out', at('pack')], folder.path);
    expect(packed).toEqual({
      code: 0,
      stdout: `${at('pack')}: mine 1.0.0, calibrated on clips that were held back\n`,
      stderr: '',
    });
    expect((await inProcess(inspect, [at('pack')], folder.path)).stdout).toMatch(/voice +is there, in .*wavlm\n/);
  });

  it('hear and see a live participant, and the verdicts name the pack', async () => {
    const url = `rtmp://127.0.0.1:${(await freePort()).toString()}/live/door`;
    camera = startCamera(url);
    server = await startUndertone({
      UNDERTONE_SOURCES: `lobby/door=${url}`,
      UNDERTONE_PACK: at('pack'),
    });
    const watched = (viewer = watch(server));
    const judged = () => watched.verdicts('door').filter(({ verdict }) => verdict.modalities.length === 2);
    await expect.poll(() => judged().length, { timeout: 120_000, interval: 200 }).toBeGreaterThanOrEqual(3);
    for (const { verdict } of judged()) {
      expect(verdict).toMatchObject({ pack: 'mine@1.0.0', modalities: ['voice', 'face'] });
      const shares = SYSTEMS_CONFIG.labels.map((label) => verdict.probabilities[label] ?? NaN);
      for (const p of shares) expect(p >= 0 && p <= 1).toBe(true);
    }
  });
});
