/**
 * Windows of many participants: the voice network once for all that speak, the shared layers once for all that the pack
 * fuses. The face was encoded look by look already.
 */
import { SILENT_BAND } from '../../src/core/features.ts';
import { trimSilence } from '../../src/core/trim.ts';
import type { Logits, ModalitySubset } from '../../src/domain.ts';
import type { Answer, WindowRequest } from '../calls.ts';
import { attempt } from './answers.ts';
import { fuseThrough } from './fusion.ts';
import { headsOf } from './heads.ts';
import type { Networks } from './networks.ts';
import { rowsThrough } from './rows.ts';
import { windowChecks } from './window-checks.ts';

/** A window that passed, on its way. */
interface Routed {
  readonly window: WindowRequest;
  /** The modalities that are there, if the shared layers speak for them; null where each speaks for itself. */
  readonly fused: ModalitySubset | null;
  /** Its row in the voice network's run, if it has a voice, and in the shared layers', if it is fused. */
  readonly voiceRow: number;
  readonly fusedRow: number;
}

/** How a worker answers windows. A window with neither modality is answered with neither. */
export function windowCalls(
  networks: Pick<Networks, 'voice' | 'face' | 'fusion'>,
): (windows: readonly WindowRequest[]) => Promise<Answer<Logits>[]> {
  const { fusion } = networks;
  const { trimDb = 0 } = networks.voice.contract;
  const hear = rowsThrough(networks.voice, ['logmel']);
  const voiceHeads = headsOf(networks.voice.contract, 'voice');
  const faceHeads = headsOf(networks.face.contract, 'face');
  const fuse = fusion && fuseThrough(fusion);
  const fusedSubset = (window: WindowRequest): ModalitySubset | null => {
    const subset = subsetOf(window);
    return subset !== null && fusion?.serves.includes(subset) === true ? subset : null;
  };
  const check = windowChecks(networks, faceHeads.width);

  return async (windows) => {
    let [voiceRows, fusedRows] = [0, 0];
    const routes = windows.map((window) =>
      attempt((): Routed => {
        const fused = fusedSubset(window);
        check(window, fused);
        const voiceRow = window.voice ? voiceRows++ : -1;
        return { window, fused, voiceRow, fusedRow: fused ? fusedRows++ : -1 };
      }),
    );
    const routed = routes.flatMap((route) => (route.ok ? [route.value] : []));
    const spoken = routed.filter(({ window }) => window.voice);
    const heard = await hear(spoken.length, (row, { logmel }) => fillSound(spoken[row]?.window.voice, logmel, trimDb), {
      outputs: [...voiceHeads.outputs, ...(spoken.some(({ fused }) => fused) ? ['embedding'] : [])],
    });
    const encoded = routed.filter(({ fused }) => fused);
    const said = await fuse?.(
      encoded.map(({ window: { voice, face }, voiceRow }) => ({
        voice: voice && heard('embedding', voiceRow),
        face: face?.embeddings ? { embeddings: face.embeddings, n: face.n } : null,
      })),
    );
    return routes.map((route) => {
      if (!route.ok) return route;
      const { window, fused, voiceRow, fusedRow } = route.value;
      return attempt(
        (): Logits => ({
          voice: window.voice && voiceHeads.read(heard, voiceRow),
          face: window.face && faceHeads.pool(window.face, window.face.n),
          fusion: fused && said ? { subset: fused, ...said(fusedRow) } : null,
        }),
      );
    });
  };
}

function subsetOf({ voice, face }: WindowRequest): ModalitySubset | null {
  if (voice && face) return 'both';
  if (voice) return 'voice';
  return face ? 'face' : null;
}

/** A short window, or one that was trimmed, is followed by silence. */
function fillSound(voice: WindowRequest['voice'] | undefined, out: Float32Array, trimDb: number): void {
  const logMel = trimSilence(voice?.logMel ?? new Float32Array(0), trimDb);
  out.set(logMel);
  out.fill(SILENT_BAND, logMel.length);
}
