/** All files of a published checkpoint, fetched into the cache: the small ones first, so that the large ones are not fetched in vain. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { INDEX, MOST_INDEX_BYTES, readIndex, SINGLE } from '../../../models/toolkit/encoders/checkpoint.ts';
import type { EncoderKind } from '../../../models/toolkit/encoders/import-encoder.ts';
import { speechPlan, type SpeechOptions } from '../../../models/toolkit/encoders/speech.ts';
import { UndertoneError } from '../../errors.ts';
import { megabytes } from '../megabytes.ts';
import type { ProgressStream } from '../progress.ts';
import { withRunLock } from '../run-lock.ts';
import { type Address, fileAt, shownAddress } from './address.ts';
import { fileBar } from './bar.ts';
import { checkpointCache } from './cache.ts';
import { download, type Downloaded, type DownloadOptions } from './download.ts';
import { expectedHashes } from './expected-hashes.ts';
import { agreeTo, type Ask, findLicence, LICENCE_FILES } from './licence.ts';
import { judgeSafetensors } from './judge-safetensors.ts';

/** What is fetched, and on whose word. */
export interface CheckpointRequest {
  readonly address: Address;
  readonly kind: EncoderKind | 'onnx';
  /** As `--sha256` gives it. */
  readonly sha256: string | undefined;
  /** As `--licence` gives it. */
  readonly licence: string | undefined;
  /** Whether the licence is agreed to, whatever it is. */
  readonly accepted: boolean;
  /** Asks whether it is; null where nobody is there. */
  readonly ask: Ask | null;
  /** What of a speech encoder is wanted: judged before the weights are fetched. */
  readonly speech: SpeechOptions;
  /** Where progress and notes go. */
  readonly stream: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Waits and bounds. Default: those of `download`. */
  readonly patience?: Pick<DownloadOptions, 'pauseMs' | 'stallMs' | 'freeBytes'>;
}

/** A checkpoint that is on this machine now. */
export interface FetchedCheckpoint {
  /** Its file, or the index of its files. */
  readonly from: string;
  readonly licence: string | null;
  readonly origin: { readonly name: string; readonly url: string };
}

const MOST_TEXT_BYTES = 1 << 20;

/**
 * Fetch a checkpoint, or what of it is not here yet.
 * @throws UndertoneError as `download`; `config-invalid` for a licence that is not agreed to, or a hash of no file; `encoder-invalid` for
 * a configuration that cannot be, before any weights are fetched. The signal's reason when it aborts; a line tells how to go on.
 */
export async function fetchCheckpoint(request: CheckpointRequest): Promise<FetchedCheckpoint> {
  const dir = checkpointCache(request.address, request.env);
  await mkdir(dir, { recursive: true }).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `cannot make '${dir}': name another cache in XDG_CACHE_HOME`, { cause });
  });
  return withRunLock(dir, () => fetchInto(dir, request), 'XDG_CACHE_HOME');
}

async function fetchInto(dir: string, request: CheckpointRequest): Promise<FetchedCheckpoint> {
  const { address, kind, stream } = request;
  const { folder, file } = address;
  if (
    folder.protocol === 'http:' &&
    !/^(127\.|localhost$|\[::1\]$)/.test(folder.hostname) &&
    request.sha256 === undefined
  )
    stream.write(`${folder.host} is asked without encryption: anybody on the way could change what comes\n`);
  await fetchTexts(dir, request);
  const weights = await findWeights(dir, request);
  const expected = expectedHashes(request.sha256, weights.files);
  const { name, said } = await findLicence(dir, request.licence);
  stream.write(`${shownAddress(folder)}: licence ${name === null ? 'not known' : `'${name}'`}, ${said}\n`);
  await agreeTo(request.accepted, request.ask, request.signal);
  const judge = kind === 'onnx' ? {} : { judge: judgeSafetensors };
  for (const each of weights.files) {
    const fetched = await fetchFile(dir, each, request, { ...judge, sha256: expected(each) });
    if (fetched === null) throw missing(address, each);
    stream.write(
      `${each}: ${megabytes(fetched.bytes)}, SHA-256 ${fetched.sha256}, ${VOUCHED[fetched.vouched ?? 'nobody']}\n`,
    );
  }
  stream.write(`kept in ${dir}\n`);
  const url = shownAddress(file === null ? folder : fileAt(address, file));
  return {
    from: join(dir, weights.entry),
    licence: name,
    origin: { name: (folder.pathname.replace(/^\/|\/$/g, '') || folder.host).slice(-200), url },
  };
}

const VOUCHED = {
  user: 'as --sha256 says',
  server: 'as the server says',
  nobody: 'which nobody vouches for: compare it with what the publisher names',
} as const;

/** What stands beside the weights: who may use them, and how the network is built. */
async function fetchTexts(dir: string, request: CheckpointRequest): Promise<void> {
  const text = (name: string) => fetchFile(dir, name, request, { mostBytes: MOST_TEXT_BYTES, optional: true });
  await text('README.md');
  if ((await findLicence(dir, request.licence)).name === null)
    for (const name of LICENCE_FILES) if (await text(name)) break;
  const { kind, address, speech } = request;
  if (kind !== 'wavlm' && kind !== 'wav2vec2') return;
  if (!(await fetchFile(dir, 'config.json', request, { mostBytes: MOST_TEXT_BYTES })))
    throw missing(address, 'config.json');
  await text('preprocessor_config.json');
  await speechPlan(dir, kind, speech);
}

interface Weights {
  /** What the importer is given. */
  readonly entry: string;
  readonly files: readonly string[];
}

async function findWeights(dir: string, request: CheckpointRequest): Promise<Weights> {
  const { address, kind } = request;
  const { file } = address;
  if (kind === 'onnx') {
    if (file?.endsWith('.onnx') === true) return { entry: file, files: [file] };
    throw new UndertoneError('config-invalid', '--from: give the address of an ONNX file, which ends in .onnx');
  }
  if (file?.endsWith('.safetensors') === true) return { entry: file, files: [file] };
  const index = file ?? INDEX;
  if (await fetchFile(dir, index, request, { mostBytes: MOST_INDEX_BYTES, optional: true }))
    return { entry: index, files: [...new Set(Object.values(await readIndex(join(dir, index))))].sort() };
  if (file !== null) throw missing(address, file);
  return { entry: SINGLE, files: [SINGLE] };
}

async function fetchFile(
  dir: string,
  name: string,
  request: CheckpointRequest,
  options: Partial<DownloadOptions>,
): Promise<Downloaded | null> {
  const { address, env, signal, stream, patience } = request;
  const bar = fileBar(stream, name);
  try {
    return await download(fileAt(address, name), join(dir, name), {
      env,
      signal,
      authorization: address.authorization,
      onElsewhere: (from, to) => {
        bar.line(`${name}: ${from} sends on to ${to}`);
      },
      tell: bar.line,
      onBytes: bar.update,
      ...patience,
      ...options,
    });
  } catch (thrown) {
    const { have, total } = bar.last();
    if (signal.aborted && have > 0)
      bar.line(
        `stopped: ${megabytes(have)}${total === null ? '' : ` of ${megabytes(total)}`} of ${name} are kept in ${dir}; the same command goes on from there`,
      );
    throw thrown;
  } finally {
    bar.end();
  }
}

function missing(address: Address, name: string): UndertoneError {
  return new UndertoneError(
    'download-failed',
    `there is no ${shownAddress(fileAt(address, name))}: give the address of the folder that has ${basename(name)}, or of the file itself`,
  );
}
