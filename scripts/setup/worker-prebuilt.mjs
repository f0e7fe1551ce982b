import { chmodSync, createWriteStream, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from './command.mjs';
import { Interrupted } from './failure.mjs';
import { readJson } from './read-json.mjs';
import { whyNotStarting } from './worker-check.mjs';

/** A host that cannot be reached may also just not answer. */
const ANSWER_MS = 15_000;
const WHOLE_MS = 300_000;

/**
 * Where mediasoup publishes the prebuilt worker of this platform; the file's name is mediasoup's (npm-scripts.mjs).
 * @param {string} packageDir  folder of the npm package mediasoup
 * @param {NodeJS.ProcessEnv} env  MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL names a mirror, as for mediasoup itself
 */
export function prebuiltUrl(packageDir, env) {
  const { version, repository } = /** @type {{ version: string, repository: { url: string } }} */ (
    readJson(join(packageDir, 'package.json'))
  );
  const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const base = env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] ?? `${home}/releases/download`;
  const kernel = platform() === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  return `${base}/${version}/mediasoup-worker-${version}-${platform()}-${arch()}${kernel}.tgz`;
}

/**
 * Downloads the prebuilt worker to `target`, which appears complete and proved to start, or not at all.
 * @param {{ url: string, target: string, signal: AbortSignal, progress: import('./report.mjs').Progress }} options
 * @returns {Promise<string | undefined>} why there is none, or undefined when `target` is there
 * @throws {Interrupted}
 */
export async function downloadWorker({ url, target, signal, progress }) {
  const work = mkdtempSync(join(dirname(target), 'download-'));
  try {
    const archive = join(work, 'worker.tgz');
    await download(url, archive, signal, progress);
    const { code, output } = await run('tar', ['-xzf', archive, '-C', work, 'mediasoup-worker'], { signal });
    if (code !== 0) return `${url} is not an archive of a worker (${output.at(-1) ?? `tar ended with ${code}`})`;
    const binary = join(work, 'mediasoup-worker');
    chmodSync(binary, 0o755);
    const problem = whyNotStarting(binary);
    if (problem !== undefined) return `the prebuilt worker does not start on this machine: ${problem}`;
    renameSync(binary, target);
    return undefined;
  } catch (error) {
    if (signal.aborted || error instanceof Interrupted) throw new Interrupted();
    return `${url}: ${reason(error)}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} url
 * @param {string} file
 * @param {AbortSignal} signal
 * @param {import('./report.mjs').Progress} progress
 */
async function download(url, file, signal, progress) {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  const either = AbortSignal.any([signal, timeout.signal, AbortSignal.timeout(WHOLE_MS)]);
  try {
    const response = await fetch(url, { signal: either });
    clearTimeout(timer);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    let received = 0;
    const meter = new Transform({
      transform(/** @type {Buffer} */ chunk, _encoding, done) {
        received += chunk.length;
        progress(total > 0 ? Math.min(1, received / total) : undefined);
        done(null, chunk);
      },
    });
    const body = Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (response.body));
    await pipeline(body, meter, createWriteStream(file), { signal: either });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} error */
function reason(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
