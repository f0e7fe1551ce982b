import { describe, expect, it } from 'vitest';
import { onFirstWorking, probeProvider } from '../../models/provider.ts';
import type { Provider } from '../../models/runtime.ts';
import { type ErrorCode, UndertoneError } from '../../src/errors.ts';
import { STARTER } from '../fixtures/inference.ts';

const failing = (code: ErrorCode) => (provider: Provider) =>
  Promise.reject(new UndertoneError(code, `${provider} fails`));

describe('the choice of a provider', () => {
  it('is the first that works, with a word about each that does not', async () => {
    const fallbacks: string[] = [];
    const start = (provider: Provider) =>
      provider === 'cpu' ? Promise.resolve('running') : failing('inference-failed')(provider);
    const started = await onFirstWorking(['cuda', 'webgpu', 'cpu'], start, (from, to, error) => {
      fallbacks.push(`${from} to ${to}: ${String(error)}`);
    });
    expect(started).toBe('running');
    expect(fallbacks).toEqual([
      'cuda to webgpu: UndertoneError: cuda fails',
      'webgpu to cpu: UndertoneError: webgpu fails',
    ]);
  });

  it('ends with the last one’s error when none works', async () => {
    const started = onFirstWorking(['cuda', 'webgpu'], failing('inference-failed'), () => undefined);
    await expect(started).rejects.toThrow('webgpu fails');
  });

  it.each(['pack-invalid', 'encoder-invalid'] as const)(
    'does not go on with %s, which no provider mends',
    async (code) => {
      const fallbacks: Provider[] = [];
      const started = onFirstWorking(['cuda', 'cpu'], failing(code), (from) => fallbacks.push(from));
      await expect(started).rejects.toThrow('cuda fails');
      expect(fallbacks).toEqual([]);
    },
  );
});

describe('the trial of a provider', () => {
  const dirs = { packDir: STARTER, perceptionDir: 'models/perception' };

  it('is not needed for the CPU', async () => {
    await expect(probeProvider('cpu', { packDir: 'nowhere', perceptionDir: 'nowhere' })).resolves.toBeUndefined();
  });

  it('ends when the provider does not', async () => {
    await expect(probeProvider('webgpu', { ...dirs, timeoutMs: 1 })).rejects.toMatchObject({
      code: 'inference-failed',
      message: 'webgpu does not work here: the trial gave no answer in 1 ms',
    });
  });

  it('says what is wrong in a sentence', async () => {
    await expect(probeProvider('cuda', dirs)).rejects.toMatchObject({
      code: 'inference-failed',
      message: expect.stringMatching(/^cuda does not work here: .* cannot (run|be run)/) as string,
    });
  });

  it('does not blame the provider for a bad pack', async () => {
    await expect(probeProvider('cuda', { ...dirs, packDir: 'nowhere' })).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringMatching(/^nowhere\/pack\.json cannot be read/) as string,
    });
  });
});
