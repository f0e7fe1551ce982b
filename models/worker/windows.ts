/**
 * Windows of many participants: the voice network once for all that speak, the shared layers once for all that the pack
 * fuses, its networks of attributes once each. The face was encoded look by look already.
 */
import { distanceOfLooks, judgeable } from '../../src/core/reference/reference.ts';
import type { AttributeScores, Distances, Logits, ModalitySubset } from '../../src/domain.ts';
import type { Answer, WindowRequest } from '../calls.ts';
import { attempt } from './answers.ts';
import { type EmbeddedWindow, scoreThrough } from './attributes.ts';
import { type Heard, hearThrough } from './hearing.ts';
import type { Networks } from './networks.ts';
import { seeThrough } from './seeing.ts';
import { askThrough, type EncodedWindow } from './states.ts';
import { windowChecks } from './window-checks.ts';

/** A window that passed, on its way. */
interface Routed {
  readonly window: WindowRequest;
  /** Its place among the voices that are heard, if it has one. */
  readonly voiceRow: number;
}

/** A window whose modalities were measured. */
interface Measured extends Routed {
  /** The window without a modality that is out of distribution beside one that is not. */
  readonly judged: WindowRequest;
  readonly distances: Distances;
  /** The modalities that are judged, if the shared layers speak for them; null where each speaks for itself. */
  readonly fused: ModalitySubset | null;
  /** Its place among the windows that are fused, if it is one. */
  readonly fusedRow: number;
  /** Its place among the faces that are judged, if it has one. */
  readonly faceRow: number;
}

/** How a worker answers windows. A window with neither modality is answered with neither. */
export function windowCalls(
  networks: Pick<Networks, 'voice' | 'face' | 'fusion' | 'attributes' | 'encoders'>,
): (windows: readonly WindowRequest[]) => Promise<Answer<Logits>[]> {
  const { fusion, attributes } = networks;
  const hear = hearThrough(networks);
  const see = seeThrough(networks);
  const fuse = fusion && askThrough(fusion, 'fusion');
  const score = scoreThrough(attributes);
  const fusedSubset = (window: WindowRequest): ModalitySubset | null => {
    const subset = subsetOf(window);
    return subset !== null && fusion?.serves.includes(subset) === true ? subset : null;
  };
  const check = windowChecks(networks);

  /** What is scored of a window; of voice and face together the shares of both tell more (docs/decisions/0067). */
  const alone = ({ judged, voiceRow }: Measured, heard: Heard): EmbeddedWindow | null => {
    if (judged.voice && !judged.face && attributes.voice) return { modality: 'voice', ...heard.states(voiceRow) };
    const { face } = encoded(judged, null);
    return face && !judged.voice ? { modality: 'face', ...face } : null;
  };

  return async (windows) => {
    let [voiceRows, fusedRows, faceRows] = [0, 0, 0];
    const routes = windows.map((window) =>
      attempt((): Routed => {
        check(window, fusedSubset(window));
        return { window, voiceRow: window.voice ? voiceRows++ : -1 };
      }),
    );
    const sounds = routes.flatMap((route) => (route.ok && route.value.window.voice ? [route.value.window.voice] : []));
    const heard = await hear(sounds);
    const measure = ({ window, voiceRow }: Routed): Measured => {
      const voice = window.voice ? heard.distance(voiceRow) : undefined;
      const face = window.face?.distances && distanceOfLooks(window.face.distances);
      const distances = { ...(voice !== undefined && { voice }), ...(face !== undefined && { face }) };
      const judged = withoutStrange(window, distances);
      const fused = fusedSubset(judged);
      if (judged !== window) check(judged, fused);
      const [fusedRow, faceRow] = [fused ? fusedRows++ : -1, judged.face ? faceRows++ : -1];
      return { window, voiceRow, judged, distances, fused, fusedRow, faceRow };
    };
    const measured = routes.map((route) => (route.ok ? attempt(() => measure(route.value)) : route));
    const known = measured.flatMap((one) => (one.ok ? [one.value] : []));
    const seen = await see(known.flatMap(({ judged }) => judged.face ?? []));
    const said = await fuse?.(
      known
        .filter(({ fused }) => fused)
        .map(({ judged, voiceRow }) => encoded(judged, judged.voice && heard.states(voiceRow))),
    );
    const scored = await score(measured.map((one) => (one.ok ? alone(one.value, heard) : null)));
    return measured.map((one, i) => {
      if (!one.ok) return one;
      const { judged, fused, voiceRow, fusedRow, faceRow, distances } = one.value;
      return attempt((): Logits => ({
        voice: judged.voice && heard.heads(voiceRow),
        face: judged.face && seen(faceRow),
        fusion: fused && said ? { subset: fused, ...said(fusedRow) } : null,
        ...(Object.keys(distances).length > 0 && { distances }),
        ...withScores(scored(i)),
      }));
    });
  };
}

/** A window as shared layers take it. */
function encoded({ face }: WindowRequest, voice: EncodedWindow['voice']): EncodedWindow {
  return { voice, face: face?.embeddings ? { numbers: face.embeddings, n: face.n } : null };
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
