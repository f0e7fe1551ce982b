/**
 * Voice activity of many participants at once. Silero is recurrent: block after block of one participant, but the same
 * block of all of them in one run.
 */
import { UndertoneError } from '../../src/errors.ts';
import type { SpeechActivity, SpeechState } from '../../src/ports.ts';
import { BLOCK_SAMPLES, type Answer, type SpeechRequest } from '../calls.ts';
import { attempt, finite } from './answers.ts';
import type { BatchRun } from './batching.ts';
import type { BatchedNetwork } from './networks.ts';

/** Samples of the block before that Silero (version 5, 16 kHz) looks back at. */
const CONTEXT_SAMPLES = 64;
const INPUT_SAMPLES = CONTEXT_SAMPLES + BLOCK_SAMPLES;
/** Two layers of this many numbers. */
const HIDDEN = 128;
const SAMPLE_RATE = { data: BigInt64Array.of(16_000n), dims: [] };

interface Line {
  readonly samples: Float32Array;
  readonly probabilities: Float32Array;
  /** [2, 128]. */
  readonly hidden: Float32Array;
  readonly context: Float32Array;
}

/** How a worker answers speech calls. A call without samples gives back its state. */
export function speechCalls(
  speech: BatchedNetwork,
): (requests: readonly SpeechRequest[]) => Promise<Answer<SpeechActivity>[]> {
  return async (requests) => {
    const lines = requests.map((request) => attempt(() => openLine(request)));
    // Longest first, so that the lines that still have a block `t` are always the first ones.
    const byLength = lines
      .flatMap((line) => (line.ok ? [line.value] : []))
      .sort((a, b) => b.probabilities.length - a.probabilities.length);
    const blocks = byLength[0]?.probabilities.length ?? 0;
    for (let block = 0; block < blocks; block++) {
      const active = byLength.filter((line) => block < line.probabilities.length);
      for (const run of speech.plan(active.length)) await step(speech, active, block, run);
    }
    return lines.map((line) => (line.ok ? attempt(() => closeLine(line.value)) : line));
  };
}

async function step(speech: BatchedNetwork, lines: readonly Line[], block: number, run: BatchRun): Promise<void> {
  const { start, rows, size } = run;
  const input = new Float32Array(size * INPUT_SAMPLES);
  const state = new Float32Array(2 * size * HIDDEN);
  lines.slice(start, start + rows).forEach(({ samples, hidden, context }, row) => {
    input.set(context, row * INPUT_SAMPLES);
    input.set(blockOf(samples, block), row * INPUT_SAMPLES + CONTEXT_SAMPLES);
    for (const layer of [0, 1]) state.set(hiddenLayer(hidden, layer), (layer * size + row) * HIDDEN);
  });
  const results = await speech.run({
    input: { data: input, dims: [size, INPUT_SAMPLES] },
    state: { data: state, dims: [2, size, HIDDEN] },
    sr: SAMPLE_RATE,
  });
  const probabilities = results['output']?.data ?? new Float32Array(size).fill(NaN);
  const next = results['stateN']?.data ?? state;
  lines.slice(start, start + rows).forEach((line, row) => {
    line.probabilities[block] = probabilities[row] ?? NaN;
    line.context.set(blockOf(line.samples, block).subarray(BLOCK_SAMPLES - CONTEXT_SAMPLES));
    for (const layer of [0, 1]) {
      const at = (layer * size + row) * HIDDEN;
      hiddenLayer(line.hidden, layer).set(next.subarray(at, at + HIDDEN));
    }
  });
}

function blockOf(samples: Float32Array, block: number): Float32Array {
  return samples.subarray(block * BLOCK_SAMPLES, (block + 1) * BLOCK_SAMPLES);
}

function hiddenLayer(hidden: Float32Array, layer: number): Float32Array {
  return hidden.subarray(layer * HIDDEN, (layer + 1) * HIDDEN);
}

/** A NaN would stay in the state for as long as the participant does, so it is refused at the door. */
function openLine({ samples, state }: SpeechRequest): Line {
  const { hidden, context } = state ?? freshState();
  if (hidden.length !== 2 * HIDDEN || context.length !== CONTEXT_SAMPLES)
    throw new UndertoneError(
      'inference-failed',
      'the speech state is not one that detectSpeech gave: pass null to start afresh',
    );
  finite(samples, 'sound');
  return {
    samples,
    probabilities: new Float32Array(samples.length / BLOCK_SAMPLES),
    hidden: hidden.slice(),
    context: context.slice(),
  };
}

function closeLine({ probabilities, hidden, context }: Line): SpeechActivity {
  finite(hidden, "voice activity's state");
  return { probabilities: finite(probabilities, "voice activity's output"), state: { hidden, context } };
}

function freshState(): SpeechState {
  return { hidden: new Float32Array(2 * HIDDEN), context: new Float32Array(CONTEXT_SAMPLES) };
}
