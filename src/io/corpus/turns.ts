/**
 * Lets so many at a time, the others in the order they came: callers may ask for a whole corpus at once, and a process
 * or an open file for each would be too many.
 * @param atOnce 1 or more.
 * @example
 * const inTurn = turns(2);
 * await Promise.all(clips.map((clip) => inTurn(() => decode(clip))));
 */
export function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
