/** Options of `undertone reference`, read. */
import type { Provider } from '../../models/runtime.ts';
import type { Modality } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Choice } from './choose-clips.ts';
import type { Invocation } from './command.ts';
import { hereOrInProject } from './project.ts';
import { required, scoringGiven, wholeNumber } from './scoring-options.ts';

/** What both of its actions are given. */
export interface ReferenceGiven {
  readonly packDir: string;
  /** As given: names with commas between. */
  readonly corpora: string;
  readonly modality: Modality;
  readonly limit: number | undefined;
  readonly choice: Choice;
  readonly running: { readonly provider?: Provider; readonly threads?: number };
}

/** Read them. @throws UndertoneError `config-invalid`. */
export function referenceGiven(text: Invocation['text']): ReferenceGiven {
  const packDir = hereOrInProject(required(text, 'pack', 'the folder of a model pack'));
  const corpora = required(text, 'corpus', 'a corpus manifest (.jsonl), or several with commas between');
  const { modality, running, ...choice } = scoringGiven(text);
  if (modality !== 'voice' && modality !== 'face')
    throw new UndertoneError('config-invalid', '--modality is missing: give voice or face; each has its own reference');
  return { packDir, corpora, modality, limit: wholeNumber(text, 'limit', 1), choice, running };
}
