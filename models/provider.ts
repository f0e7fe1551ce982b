/**
 * Which provider runs the networks. A graphics driver can fail in ways that take the process with it (hang, abort), or
 * answer wrongly, so a provider other than `cpu` is first tried in a process of its own, against the CPU's answers.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ErrorCode, UndertoneError } from '../src/errors.ts';
import type { HalfSums } from './half-trial.ts';
import type { Provider } from './runtime.ts';

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));

/** What no provider mends, by the status with which a trial says so. */
export const SPOILED: Readonly<Partial<Record<string, ErrorCode>>> = { 2: 'pack-invalid', 3: 'encoder-invalid' };

/** What a trial opens, and its limit. */
export interface ProbeOptions {
  readonly packDir: string;
  readonly perceptionDir: string;
  /** Folder that holds the pack's encoders. Default: they are where the pack says. */
  readonly encoders?: string;
  /** Length of the windows that encoders hear, ms. Default 3000. */
  readonly windowMs?: number;
  /** How long the trial may take, ms; the first start of a GPU compiles its kernels. Default 60 000. */
  readonly timeoutMs?: number;
}

/**
 * Try `provider` in a child process; `cpu` needs no trial.
 * @throws UndertoneError `inference-failed` with what happened: an error, a wrong answer, a crash, or none in time; `pack-invalid` or
 * `encoder-invalid` where it is not the provider's fault.
 */
export async function probeProvider(
  provider: Provider,
  { packDir, perceptionDir, encoders, windowMs = 3000, timeoutMs = 60_000 }: ProbeOptions,
): Promise<void> {
  if (provider === 'cpu') return;
  try {
    await promisify(execFile)(
      process.execPath,
      [PROBE, provider, packDir, perceptionDir, windowMs.toString(), ...(encoders === undefined ? [] : [encoders])],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      },
    );
  } catch (cause) {
    const spoiled = SPOILED[(cause as { readonly code?: number | string }).code ?? ''];
    if (spoiled) throw new UndertoneError(spoiled, outcome(cause, timeoutMs), { cause });
    throw new UndertoneError('inference-failed', `${provider} does not work here: ${outcome(cause, timeoutMs)}`, {
      cause,
    });
  }
}

const TRIAL = fileURLToPath(new URL('./provider-trial.ts', import.meta.url));

/** What a provider did with a small network. */
export interface ProviderTrial {
  /** Nodes by who ran them, as ONNX Runtime names it: `CPUExecutionProvider`. */
  readonly nodes: Readonly<Record<string, number>>;
  /** One run, ms: there, and on one thread of the CPU in the same process. */
  readonly ms: number;
  readonly cpuMs: number;
  /** What it makes of float16, in which encoders may compute. */
  readonly half: HalfSums;
}

/**
 * Run a small network on `provider` in a child process, and see who ran it.
 * @throws UndertoneError as `probeProvider`.
 * @example (await tryProvider('cpu')).nodes // { CPUExecutionProvider: 48 }
 */
export async function tryProvider(provider: Provider, timeoutMs = 60_000): Promise<ProviderTrial> {
  try {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL' } as const;
    const { stdout } = await promisify(execFile)(process.execPath, [TRIAL, provider], options);
    return JSON.parse(stdout) as ProviderTrial;
  } catch (cause) {
    throw new UndertoneError('inference-failed', outcome(cause, timeoutMs), { cause });
  }
}

/** What would make a provider work. */
export const PROVIDER_REMEDIES = {
  cuda: "it needs an NVIDIA driver, CUDA 12, cuDNN 9 and ONNX Runtime's CUDA libraries (docs/deploy.md, GPU)",
  webgpu: 'it needs a graphics driver with Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows)',
  cpu: 'install the dependencies again: npm ci --ignore-scripts',
} as const satisfies Record<Provider, string>;

/** What `execFile` rejects with, in words. */
function outcome(failure: unknown, timeoutMs: number): string {
  const { killed, signal, stdout } = failure as { killed?: boolean; signal?: string | null; stdout?: string };
  if (killed === true) return `the trial gave no answer in ${timeoutMs} ms`;
  if (typeof signal === 'string') return `the trial process died of ${signal}`;
  return stdout ? stdout.trim() : String(failure);
}

/**
 * The result of `start` on the first provider that works.
 * @param onFallback told of each provider that does not, the one tried next, and why.
 * @throws UndertoneError `pack-invalid` or `encoder-invalid` at once, since no provider mends either; else the last provider's error.
 */
export async function onFirstWorking<T>(
  providers: readonly Provider[],
  start: (provider: Provider) => Promise<T>,
  onFallback: (from: Provider, to: Provider, error: unknown) => void,
): Promise<T> {
  const [provider, next, ...rest] = providers;
  if (!provider) throw new UndertoneError('config-invalid', 'no inference provider is named: name at least cpu');
  try {
    return await start(provider);
  } catch (error) {
    if (!next || (error instanceof UndertoneError && Object.values(SPOILED).includes(error.code))) throw error;
    onFallback(provider, next, error);
    return onFirstWorking([next, ...rest], start, onFallback);
  }
}
