/** `undertone import` of encoders: from a published checkpoint, or a network from elsewhere. */
import type { Encoder } from '../../models/encoder-format.ts';
import type { EncoderPlace, ImportedEncoder } from '../../models/toolkit/encoders/folder.ts';
import { type EncoderKind, importEncoder } from '../../models/toolkit/encoders/import-encoder.ts';
import { importOnnx } from '../../models/toolkit/encoders/import-onnx.ts';
import { UndertoneError } from '../errors.ts';
import type { Invocation } from './command.ts';
import { type Progress, progress } from './progress.ts';

/** Import an encoder as the command line says. */
export async function runEncoderImport(kind: EncoderKind | 'onnx', invocation: Invocation): Promise<number> {
  const { text, has, signal } = invocation;
  const [from, out] = [text('from'), text('out')];
  if (from === undefined || out === undefined)
    throw new UndertoneError('config-invalid', '--from and --out are both needed: what to import, and a folder for it');
  const bar = importBar();
  const licence = text('licence');
  const place: EncoderPlace = {
    from: localPath(from),
    out,
    replace: has('force'),
    ...(licence !== undefined && { licence }),
    progress: bar.tell,
    signal,
  };
  const { encoder, notices } = await importAs(kind, place, invocation).finally(bar.end);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  process.stdout.write(has('json') ? `${JSON.stringify({ out, encoder, notices })}\n` : encoderLine(out, encoder));
  return 0;
}

async function importAs(
  kind: EncoderKind | 'onnx',
  place: EncoderPlace,
  { text, has }: Invocation,
): Promise<ImportedEncoder> {
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
    ...(has('unmasked') && { masked: false }),
    ...(layers !== undefined && { layers: layerCount(layers) }),
  });
}

/** Where a checkpoint is on this machine. Addresses are fetched here, once fetching is there. */
function localPath(from: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from))
    throw new UndertoneError(
      'config-invalid',
      `--from ${from}: addresses are not fetched yet: put the checkpoint's config.json and model.safetensors into a folder, and give that`,
    );
  return from;
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

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-GB', { maximumFractionDigits: 1 })} MB`;
}
