/** How a worker sees: looks one by one, as they come, and then the looks of a window together. */
import type { FaceEncoding, HeadLogits } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { WindowRequest } from '../calls.ts';
import { finite } from './answers.ts';
import { faceDistance } from './distances.ts';
import { takesStates } from './hearing.ts';
import { headsOf } from './heads.ts';
import type { Networks } from './networks.ts';
import { rowsThrough } from './rows.ts';
import { askThrough } from './states.ts';

/** Encodes crops of 48 x 48 grey pixels, 0 to 1, all in one batch; reading one throws where its numbers are not finite. */
export type Look = (crops: readonly Float32Array[]) => Promise<(crop: number) => FaceEncoding>;

/** The networks that looking takes. */
export type LookingNetworks = Pick<Networks, 'face' | 'fusion' | 'attributes' | 'encoders'>;

/** How these networks look at a picture. Where the face network takes states, a look says nothing for itself. */
export function lookThrough({ face, fusion, attributes, encoders }: LookingNetworks): Look {
  const { contract } = face;
  if (takesStates(contract)) return lookByEncoder(encoders);
  const run = rowsThrough(face, ['pixels']);
  const heads = headsOf(contract, 'face');
  const isFused = fusion?.serves.some((subset) => subset !== 'voice') ?? false;
  const isKept = isFused || attributes.face !== undefined;
  const outputs = [...heads.outputs, ...(isKept || contract.reference ? ['embedding'] : [])];
  return async (crops) => {
    const encodings = await run(crops.length, (row, { pixels }) => pixels.set(crops[row] ?? []), { outputs });
    return (row) => {
      const embedding = isKept ? finite(encodings('embedding', row), "a face's embedding").slice() : null;
      const distance = faceDistance(crops[row] ?? new Float32Array(0), encodings('embedding', row), contract);
      return { ...heads.read(encodings, row), embedding, ...(distance !== undefined && { distance }) };
    };
  };
}

function lookByEncoder({ face: encode }: Networks['encoders']): Look {
  const nothing = new Float32Array(0);
  return async (crops) => {
    if (!encode) throw new UndertoneError('internal', 'the face encoder is not open here');
    const pooled = await encode(crops);
    return (row) => ({
      shareLogits: nothing,
      presenceLogits: nothing,
      embedding: finite(pooled(row), "a face's states").slice(),
    });
  };
}

/** The face of a window. */
export type Seen = NonNullable<WindowRequest['face']>;

/** Says what the faces of windows say alone, all in one batch. */
export type See = (faces: readonly Seen[]) => Promise<(face: number) => HeadLogits>;

/** How these networks judge the looks of a window: pooled, or by a network over the states of all of them. */
export function seeThrough({ face }: Pick<Networks, 'face'>): See {
  if (!takesStates(face.contract)) {
    const heads = headsOf(face.contract, 'face');
    return (faces) =>
      Promise.resolve((row) => {
        const seen = faces[row] ?? { shareLogits: new Float32Array(0), presenceLogits: new Float32Array(0), n: 0 };
        return heads.pool(seen, seen.n);
      });
  }
  const ask = askThrough(face, 'face');
  return (faces) =>
    ask(faces.map(({ embeddings, n }) => ({ voice: null, face: embeddings && { numbers: embeddings, n } })));
}
