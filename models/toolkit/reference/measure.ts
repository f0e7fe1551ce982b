/** Clips as a reference sees them: by what was given to a network, and by what the network made of it. */
import { faceStatistics } from '../../../src/core/reference/face-statistics.ts';
import type { MeasuredRow } from '../../../src/core/reference/fit.ts';
import { voiceStatistics } from '../../../src/core/reference/voice-statistics.ts';
import { HOP_MS, logMel, MEL_BANDS, SILENT_BAND } from '../../../src/core/features.ts';
import { trimSilence } from '../../../src/core/trim.ts';
import type { Modality } from '../../../src/domain.ts';
import { loadPack } from '../../pack.ts';
import { soundingMean } from '../../worker/distances.ts';
import { rowsThrough } from '../../worker/rows.ts';
import { checkTakes } from '../next-pack.ts';
import { openForScoring, type ScoringOptions } from '../score/networks.ts';
import { windowStarts } from '../score/voice-windows.ts';

/** What is measured: 16 kHz sound in [-1, 1], or a face crop of 48 x 48 grey pixels in [0, 1]. */
export type MeasuredMedia = Float32Array;

/** Measures clips with a pack's network. */
export interface Measurer {
  /** Rows of each clip: one a window of 3 s every 0.5 s, or one a picture. A sound that is too short has none. */
  measure(clips: readonly MeasuredMedia[]): Promise<readonly (readonly Omit<MeasuredRow, 'group'>[])[]>;
  close(): Promise<void>;
}

/**
 * Open a pack for measuring.
 * @throws UndertoneError `config-invalid` for a pack of a format without references; as `openForScoring`.
 * @example const [rows] = await (await openMeasurer('models/packs/default', 'face')).measure([crop]);
 */
export async function openMeasurer(dir: string, modality: Modality, options: ScoringOptions = {}): Promise<Measurer> {
  await checkTakes(dir, 'a reference');
  // An earlier version's reference may not even be readable: fitting it again is the remedy.
  const loaded = await loadPack(dir, { refitting: modality });
  const { contract } = loaded.networks[modality];
  const networks = await openForScoring(dir, loaded, options);
  const outputs = ['embedding'];
  if (modality === 'face') {
    const look = rowsThrough(networks.face, ['pixels']);
    return {
      async measure(crops) {
        const seen = await look(crops.length, (row, { pixels }) => pixels.set(crops[row] ?? []), { outputs });
        return crops.map((crop, row) => [
          { statistics: faceStatistics(crop), embedding: Float64Array.from(seen('embedding', row)) },
        ]);
      },
      close: () => networks.close(),
    };
  }
  const hear = rowsThrough(networks.voice, ['logmel']);
  const length = Number(contract.inputs['logmel']?.[1]);
  return {
    async measure(sounds) {
      const cut = sounds.map((sound) => windowsOf(sound, length, contract.trimDb ?? 0));
      const windows = cut.flat();
      const fill = (row: number, { logmel }: { readonly logmel: Float32Array }) => {
        const window = windows[row];
        logmel.fill(SILENT_BAND);
        if (window) logmel.set(window);
      };
      const heard = await hear(windows.length, fill, { outputs });
      let row = 0;
      return cut.map((some) =>
        some.map((window) => {
          const frames = window.length / MEL_BANDS;
          return {
            statistics: voiceStatistics(window),
            embedding: soundingMean(heard('embedding', row++), frames, contract),
          };
        }),
      );
    },
    close: () => networks.close(),
  };
}

/** Log-mel of each window, silence around it trimmed. */
function windowsOf(sound: Float32Array, length: number, trimDb: number): Float32Array[] {
  const { frames } = logMel(new Float32Array(0), sound);
  if (frames.length < (MIN_MS / HOP_MS) * MEL_BANDS) return [];
  return windowStarts(frames.length / MEL_BANDS, length).map((start) =>
    trimSilence(frames.subarray(start * MEL_BANDS, (start + length) * MEL_BANDS), trimDb),
  );
}

/** Of a shorter sound nothing can be said. */
const MIN_MS = 100;
