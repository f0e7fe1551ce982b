/** Options that `reject curve` and `reject fit` have in common. */
import type { Stimulus } from '../core/manifest-votes.ts';
import { DOUBT_SCORES } from '../core/reject/doubt.ts';
import type { DoubtScore } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Invocation } from './command.ts';
import { hereOrInProject } from './project.ts';
import { oneOf, required, type ScoringGiven, scoringGiven } from './scoring-options.ts';

/** What was given of them. */
export interface RejectGiven extends ScoringGiven {
  readonly packDir: string;
  readonly corpusFile: string;
  readonly modality: Stimulus;
  readonly by: DoubtScore;
}

/** Read them. @throws UndertoneError `config-invalid`. */
export function rejectGiven(text: Invocation['text']): RejectGiven {
  const packDir = hereOrInProject(required(text, 'pack', 'the folder of a model pack'));
  const corpusFile = required(text, 'corpus', 'a corpus manifest (.jsonl)');
  const { modality, ...scoring } = scoringGiven(text);
  if (modality === undefined)
    throw new UndertoneError('config-invalid', '--modality is missing: give voice, face or av');
  return { packDir, corpusFile, modality, by: oneOf(text, 'by', DOUBT_SCORES) ?? 'confidence', ...scoring };
}

/** A share between 0 and 1, ends left out; undefined where the option was not given. @throws UndertoneError `config-invalid`. */
export function shareGiven(text: Invocation['text'], option: string): number | undefined {
  const value = text(option);
  if (value === undefined) return undefined;
  const share = Number(value);
  if (value.trim() !== '' && share > 0 && share < 1) return share;
  throw new UndertoneError('config-invalid', `--${option}: '${value}' is not between 0 and 1: give a share, as in 0.1`);
}
