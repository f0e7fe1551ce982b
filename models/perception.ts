/** The networks that come before any pack: the face detector BlazeFace and the voice activity detector Silero. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Contract, Model } from './contract.ts';
import { readManifest, readNetwork } from './verified-file.ts';

const entry = z.object({ file: z.string().regex(/^[a-z0-9-]+\.onnx$/), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const manifest = z.object({ blazeface: entry, silero: entry });

/** 896 anchors, each with a box and six key points, and a score. */
const BLAZEFACE: Contract = {
  inputs: { pixels: ['n', 256, 256, 3] },
  outputs: { boxes: ['n', 896, 16], scores: ['n', 896] },
};

/** Version 5 at 16 kHz: 64 samples of context before a block of 512. */
const SILERO: Contract = {
  inputs: { input: ['n', 576], state: [2, 'n', 128], sr: [] },
  outputs: { output: ['n', 1], stateN: [2, 'n', 128] },
};

/**
 * Read and verify the networks in `dir` against its `perception.json`.
 * @throws UndertoneError `pack-invalid`, naming the file and what is wrong with it.
 */
export async function loadPerception(dir: string): Promise<{ readonly detector: Model; readonly speech: Model }> {
  const { blazeface, silero } = await readManifest(join(dir, 'perception.json'), manifest);
  return {
    detector: { name: join(dir, blazeface.file), bytes: await readNetwork(dir, blazeface), contract: BLAZEFACE },
    speech: { name: join(dir, silero.file), bytes: await readNetwork(dir, silero), contract: SILERO },
  };
}
