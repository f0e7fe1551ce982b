/** `undertone import` of encoders: from a published checkpoint, or a network from elsewhere. */
import type { Encoder } from '../../models/encoder-format.ts';
import { checkPlace, type EncoderPlace, type ImportedEncoder } from '../../models/toolkit/encoders/folder.ts';
import { type EncoderKind, importEncoder } from '../../models/toolkit/encoders/import-encoder.ts';
import { importOnnx } from '../../models/toolkit/encoders/import-onnx.ts';
import type { SpeechOptions } from '../../models/toolkit/encoders/speech.ts';
import { UndertoneError } from '../errors.ts';
import type { Invocation } from './command.ts';
import { isAddress, parseAddress } from './download/address.ts';
import { megabytes } from './megabytes.ts';
import { type Progress, progress } from './progress.ts';

/** Import an encoder as the command line says. */
export async function runEncoderImport(kind: EncoderKind | 'onnx', invocation: Invocation): Promise<number> {
  const { text, has, signal } = invocation;
  const [from, out] = [text('from'), text('out')];
  if (from === undefined || out === undefined)
    throw new UndertoneError('config-invalid', '--from and --out are both needed: what to import, and a folder for it');
  // What could not be written is not fetched.
  await checkPlace({ from, out, replace: has('force') });
  const found = await located(from, kind, invocation);
  const bar = importBar();
  const place: EncoderPlace = { ...found, out, replace: has('force'), progress: bar.tell, signal };
  const { encoder, notices } = await importAs(kind, place, invocation).finally(bar.end);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  process.stdout.write(has('json') ? `${JSON.stringify({ out, encoder, notices })}\n` : encoderLine(out, encoder));
  return 0;
}

async function importAs(
  kind: EncoderKind | 'onnx',
  place: EncoderPlace,
  invocation: Invocation,
): Promise<ImportedEncoder> {
  const { text, has } = invocation;
  const [describe, layers] = [text('describe'), text('layers')];
  if (kind === 'onnx') {
    if (describe === undefined || layers !== undefined || has('half') || has('unmasked'))
      throw new UndertoneError(
        'config-invalid',
        'an onnx network needs --describe, and is taken as it is: without --layers, --half or --unmasked',
      );
    return importOnnx({ ...place, describe });
  }
  if (describe !== undefined)
    throw new UndertoneError('config-invalid', `--describe is for onnx: what a ${kind} takes and gives is known`);
  return importEncoder(kind, {
    ...place,
    half: has('half'),
    ...speechOptions(invocation),
  });
}

/** Where a checkpoint is on this machine, and what is known of it; one at an address is fetched first. */
async function located(
  from: string,
  kind: EncoderKind | 'onnx',
  invocation: Invocation,
): Promise<Pick<EncoderPlace, 'from' | 'licence' | 'origin'>> {
  const { text, has, env, signal } = invocation;
  const licence = text('licence');
  if (!isAddress(from)) {
    for (const option of ['sha256', 'accept-licence'])
      if (text(option) !== undefined || has(option))
        throw new UndertoneError('config-invalid', `--${option} is for what is fetched: '${from}' is no address`);
    return { from, ...(licence !== undefined && { licence }) };
  }
  const { fetchCheckpoint } = await import('./download/checkpoint.ts');
  const { terminalAsk } = await import('./download/licence.ts');
  const fetched = await fetchCheckpoint({
    address: parseAddress(from),
    kind,
    sha256: text('sha256'),
    licence,
    accepted: has('accept-licence'),
    ask: terminalAsk(),
    speech: speechOptions(invocation),
    stream: process.stderr,
    env,
    signal,
  });
  return { from: fetched.from, origin: fetched.origin, ...(fetched.licence !== null && { licence: fetched.licence }) };
}

function speechOptions({ text, has }: Invocation): SpeechOptions {
  const layers = text('layers');
  return { ...(has('unmasked') && { masked: false }), ...(layers !== undefined && { layers: layerCount(layers) }) };
}

function layerCount(given: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(given))
    throw new UndertoneError('config-invalid', `--layers '${given}' must be a whole number from 1 on`);
  return Number(given);
}

function importBar(): { readonly tell: (done: number, total: number) => void; readonly end: () => void } {
  let bar: Progress | undefined;
  return {
    tell(done, total) {
      bar ??= progress({
        stream: process.stderr,
        doing: 'importing',
        total,
        tell: (bytes) => `${megabytes(bytes)} of ${megabytes(total)} read`,
        now: () => performance.now(),
      });
      bar.update(done);
    },
    end: () => bar?.end(),
  };
}

function encoderLine(out: string, { kind, network, width, licence, ...encoder }: Encoder): string {
  const gives =
    encoder.modality === 'voice'
      ? `hidden states of ${encoder.layers} x ${width} a frame`
      : `${width} numbers a picture`;
  return (
    `${out}: ${kind}, ${gives}, ${network.precision === 'unknown' ? '' : `${network.precision}, `}` +
    `${megabytes(network.bytes + (network.weights?.bytes ?? 0))}, licence ${licence ?? 'not known'}; opened and run\n`
  );
}
