/**
 * How far reviewers' answers are trusted against the pack: the precision of a normal prior about the identity on the slope a
 * and the offset b of each label's line. Before any answer a is within 1 +- 1 and b within +- 2 with 95 %: a pack is taken to
 * be off by a temperature of two and by odds of seven at most, until answers say otherwise. Worth about a dozen answers.
 */
export const PULL = { a: 4, b: 1 } as const;
