/** A network over what encoders give, for a voice, a face and both, with random weights: for benchmarks and tests. */
import { createGraph, type Graph, type Value } from '../../../models/graph/graph.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { fusionNetwork, type FusionNetwork } from '../../../models/nets/fusion.ts';

/** Sides of what encoders give for a window: layers of the voice (at least 2), and one vector a look. */
export interface States {
  readonly layers: number;
  readonly steps: number;
  readonly voiceWidth: number;
  readonly faceWidth: number;
}

/**
 * Its file. A fresh graph says which weights there are and how they start; another serves them.
 * @param weight what becomes of a weight's start. Default: it stays.
 */
export function randomSystem(
  { layers, steps, voiceWidth, faceWidth }: States,
  network: FusionNetwork,
  labels: number,
  weight: (name: string, start: Float32Array) => Float32Array = (_, start) => start,
): Uint8Array {
  const heads = (graph: Graph, n: number | 'n', frames: number | 'frames'): Record<string, Value> => {
    const inputs = {
      voice: graph.input('voice', [n, layers, steps, voiceWidth]),
      voiceMask: graph.input('voiceMask', [n, steps]),
      face: graph.input('face', [n, frames, faceWidth]),
      faceMask: graph.input('faceMask', [n, frames]),
    };
    return { ...fusionNetwork(inputs, network, labels) };
  };
  const fresh = createGraph({ mode: 'train' });
  heads(fresh, 1, 1);
  const weights = new Map([...fresh.parameters].map(([name, { initial }]) => [name, weight(name, initial)]));
  const graph = createGraph({ mode: 'serve', weights });
  return encodeGraph(graph, heads(graph, 'n', 'frames'), { name: 'system' });
}
