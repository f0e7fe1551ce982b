/** The colour of each label, the same in charts, chips and reports; never the only carrier of meaning. */
import type { LABELS } from '../src/core/labels.ts';

/** Okabe-Ito, safe for colour-blind eyes (Okabe and Ito, 2008), with a grey for neutral and an ochre for contempt. */
export const LABEL_COLOURS: Readonly<Record<(typeof LABELS)[number], string>> = {
  neutral: '#8a8f98',
  happiness: '#e69f00',
  surprise: '#56b4e9',
  sadness: '#0072b2',
  anger: '#d55e00',
  disgust: '#009e73',
  fear: '#cc79a7',
  contempt: '#8c6d31',
};
