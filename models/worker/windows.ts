/**
 * Windows of many participants: the voice network once for all that speak, the shared layers once for all that the pack
 * fuses, its networks of attributes once each. The face was encoded look by look already.
 */
import { SILENT_BAND } from '../../src/core/features.ts';
import { distanceOfLooks, judgeable } from '../../src/core/reference/reference.ts';
import { trimSilence } from '../../src/core/trim.ts';
import type { AttributeScores, Distances, Logits, ModalitySubset } from '../../src/domain.ts';
import type { Answer, WindowRequest } from '../calls.ts';
import { attempt } from './answers.ts';
import { type EmbeddedWindow, scoreThrough } from './attributes.ts';
import { voiceDistance } from './distances.ts';
import { fuseThrough } from './fusion.ts';
import { headsOf } from './heads.ts';
import type { Networks } from './networks.ts';
import { type ReadRow, rowsThrough } from './rows.ts';
import { windowChecks } from './window-checks.ts';

/** A window that passed, on its way. */
interface Routed {
  readonly window: WindowRequest;
  /** Its row in the voice network's run, if it has a voice. */
  readonly voiceRow: number;
}

/** A window whose modalities were measured. */
interface Measured extends Routed {
  /** The window without a modality that is out of distribution beside one that is not. */
  readonly judged: WindowRequest;
  readonly distances: Distances;
  /** The modalities that are judged, if the shared layers speak for them; null where each speaks for itself. */
  readonly fused: ModalitySubset | null;
  /** Its row in the shared layers' run, if it is fused. */
  readonly fusedRow: number;
}

/** How a worker answers windows. A window with neither modality is answered with neither. */
export function windowCalls(
  networks: Pick<Networks, 'voice' | 'face' | 'fusion' | 'attributes'>,
): (windows: readonly WindowRequest[]) => Promise<Answer<Logits>[]> {
  const { fusion, attributes } = networks;
  const { contract } = networks.voice;
  const hear = rowsThrough(networks.voice, ['logmel']);
  const voiceHeads = headsOf(contract, 'voice');
  const faceHeads = headsOf(networks.face.contract, 'face');
  const fuse = fusion && fuseThrough(fusion);
  const score = scoreThrough(attributes);
  const steps = Number(contract.outputs['embedding']?.[1]);
  const fusedSubset = (window: WindowRequest): ModalitySubset | null => {
    const subset = subsetOf(window);
    return subset !== null && fusion?.serves.includes(subset) === true ? subset : null;
  };
  const check = windowChecks(networks, faceHeads.width);

  /** What is scored of a window; of voice and face together the shares of both tell more (docs/decisions/0067). */
  const alone = ({ judged: { voice, face }, voiceRow }: Measured, heard: ReadRow): EmbeddedWindow | null => {
    if (voice && !face && attributes.voice) return { modality: 'voice', rows: heard('embedding', voiceRow), n: steps };
    return face?.embeddings && !voice ? { modality: 'face', rows: face.embeddings, n: face.n } : null;
  };

  return async (windows) => {
    let [voiceRows, fusedRows] = [0, 0];
    const routes = windows.map((window) =>
      attempt((): Routed => {
        check(window, fusedSubset(window));
        return { window, voiceRow: window.voice ? voiceRows++ : -1 };
      }),
    );
    const sounds = routes.flatMap((route) => (route.ok && route.value.window.voice ? [route.value.window.voice] : []));
    const trimmed = sounds.map(({ logMel }) => trimSilence(logMel, contract.trimDb ?? 0));
    const isAsked = contract.reference ?? fusion ?? attributes.voice;
    const heard = await hear(sounds.length, (row, { logmel }) => fillSound(trimmed[row], logmel), {
      outputs: [...voiceHeads.outputs, ...(isAsked ? ['embedding'] : [])],
    });
    const measure = ({ window, voiceRow }: Routed): Measured => {
      const sound = trimmed[voiceRow];
      const voice = sound && voiceDistance(sound, heard('embedding', voiceRow), contract);
      const face = window.face?.distances && distanceOfLooks(window.face.distances);
      const distances = { ...(voice !== undefined && { voice }), ...(face !== undefined && { face }) };
      const judged = withoutStrange(window, distances);
      const fused = fusedSubset(judged);
      if (judged !== window) check(judged, fused);
      return { window, voiceRow, judged, distances, fused, fusedRow: fused ? fusedRows++ : -1 };
    };
    const measured = routes.map((route) => (route.ok ? attempt(() => measure(route.value)) : route));
    const encoded = measured.flatMap((one) => (one.ok && one.value.fused ? [one.value] : []));
    const said = await fuse?.(
      encoded.map(({ judged: { voice, face }, voiceRow }) => ({
        voice: voice && heard('embedding', voiceRow),
        face: face?.embeddings ? { embeddings: face.embeddings, n: face.n } : null,
      })),
    );
    const scored = await score(measured.map((one) => (one.ok ? alone(one.value, heard) : null)));
    return measured.map((one, i) => {
      if (!one.ok) return one;
      const { judged, fused, voiceRow, fusedRow, distances } = one.value;
      return attempt((): Logits => ({
        voice: judged.voice && voiceHeads.read(heard, voiceRow),
        face: judged.face && faceHeads.pool(judged.face, judged.face.n),
        fusion: fused && said ? { subset: fused, ...said(fusedRow) } : null,
        ...(Object.keys(distances).length > 0 && { distances }),
        ...withScores(scored(i)),
      }));
    });
  };
}

function withScores(attributes: AttributeScores | undefined): Pick<Logits, 'attributes'> {
  return attributes ? { attributes } : {};
}

/** The window itself where all that it has may be judged. */
function withoutStrange(window: WindowRequest, distances: Distances): WindowRequest {
  const there = (['voice', 'face'] as const).filter((modality) => window[modality]);
  const kept = judgeable(there, distances);
  if (kept.length === there.length) return window;
  return { voice: kept.includes('voice') ? window.voice : null, face: kept.includes('face') ? window.face : null };
}

function subsetOf({ voice, face }: WindowRequest): ModalitySubset | null {
  if (voice && face) return 'both';
  if (voice) return 'voice';
  return face ? 'face' : null;
}

/** A short window, or one that was trimmed, is followed by silence. */
function fillSound(logMel: Float32Array | undefined, out: Float32Array): void {
  if (logMel) out.set(logMel);
  out.fill(SILENT_BAND, logMel?.length ?? 0);
}
