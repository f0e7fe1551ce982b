/** Which calls ask which networks, so that a worker of some kinds of call is given, and opens, no others. Pure. */
import type { CallKind, Models } from '../calls.ts';
import type { Model } from '../contract.ts';

/** A network of the product. */
export type NetworkName = Exclude<keyof Models, 'encoders'>;

const ASKED_BY = {
  voice: 'window',
  face: 'faces',
  fusion: 'window',
  attributes: 'window',
  detector: 'faces',
  speech: 'speech',
} as const satisfies Record<NetworkName, CallKind>;

/** Whether calls of these kinds ask the network. A face network over states is asked when a window is judged, not by look. */
export function isAsked(name: NetworkName, { contract }: Pick<Model, 'contract'>, kinds: readonly CallKind[]): boolean {
  return kinds.includes(name === 'face' && 'face' in contract.inputs ? 'window' : ASKED_BY[name]);
}

/** The models that a worker of these kinds of call is sent: of a network that is not asked all but its bytes. */
export function modelsFor(models: Models, kinds: readonly CallKind[]): Models {
  const kept = <M extends Model>(name: NetworkName, model: M): M =>
    isAsked(name, model, kinds) ? model : { ...model, bytes: new Uint8Array(0) };
  const { voice, face, fusion, detector, speech, attributes } = models;
  return {
    ...models,
    voice: kept('voice', voice),
    face: kept('face', face),
    fusion: fusion && kept('fusion', fusion),
    attributes: {
      ...(attributes.voice && { voice: kept('attributes', attributes.voice) }),
      ...(attributes.face && { face: kept('attributes', attributes.face) }),
    },
    detector: kept('detector', detector),
    speech: kept('speech', speech),
  };
}
