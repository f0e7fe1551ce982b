/** What a withdrawal has deleted, in words. */
import type { OperationAnswer } from '../src/protocol/api.ts';

type Deleted = OperationAnswer<'withdraw'>['deleted'];

const THINGS: readonly (readonly [kind: keyof Deleted, one: string, many: string])[] = [
  ['segments', 'stretch of numbers', 'stretches of numbers'],
  ['verdicts', "window's numbers", "windows' numbers"],
  ['clips', 'clip', 'clips'],
  ['reviewItems', 'moment put to reviewers', 'moments put to reviewers'],
  ['annotations', "reviewer's answer", "reviewers' answers"],
];

/** Every kind of which something was deleted. @example '3 stretches of numbers, 1 clip' */
export function deletedWords(deleted: Deleted): string {
  const words = THINGS.flatMap(([kind, one, many]) => {
    const count = deleted[kind];
    return count === 0 ? [] : [`${count.toString()} ${count === 1 ? one : many}`];
  });
  return words.length === 0 ? 'nothing, as nothing was kept' : words.join(', ');
}
