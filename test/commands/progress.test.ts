import { describe, expect, it } from 'vitest';
import { counted, mediaPace, progress } from '../../src/commands/progress.ts';

/** A stream that keeps what is written, and a clock that is turned by hand. */
function stage(isTTY: boolean) {
  const written: string[] = [];
  let ms = 0;
  return {
    written,
    turnTo: (to: number) => (ms = to),
    options: { stream: { isTTY, columns: 60, write: (text: string) => written.push(text) }, now: () => ms },
  };
}

describe('progress', () => {
  it('is a line every tenth of the way where there is no terminal, with the time left once that can be told', () => {
    const { written, turnTo, options } = stage(false);
    const bar = progress({ ...options, doing: 'training', total: 40, tell: counted(40) });
    for (let step = 1; step <= 40; step++) {
      turnTo(step * 500);
      bar.update(step);
    }
    bar.end();
    expect(written.slice(0, 3)).toEqual([
      'training    2 %  1 of 40\n',
      'training   10 %  4 of 40  0:18 left\n',
      'training   20 %  8 of 40  0:16 left\n',
    ]);
    expect(written.at(-1)).toBe('training  100 %  40 of 40  0:00 left\n');
    expect(written).toHaveLength(11);
  });

  it('does not count what an earlier run did into the speed', () => {
    const { written, turnTo, options } = stage(false);
    const bar = progress({ ...options, doing: 'training', total: 100, before: 80, tell: counted(100) });
    turnTo(10_000);
    bar.update(90);
    expect(written).toEqual(['training   90 %  90 of 100  0:10 left\n']);
  });

  it('is one bar on a terminal, out of the way of lines that stay', () => {
    const { written, turnTo, options } = stage(true);
    const bar = progress({ ...options, doing: 'reading', total: 4, tell: counted(4) });
    turnTo(2000);
    bar.update(1);
    bar.update(2);
    bar.line('a line');
    turnTo(4000);
    bar.update(2);
    bar.end();
    expect(written).toEqual([
      '\r' + 'reading  [######------------------]   25 %  1 of 4  0:06 left'.slice(0, 59) + '\x1b[K',
      '\r\x1b[Ka line\n',
      '\r' + 'reading  [############------------]   50 %  2 of 4  0:04 left'.slice(0, 59) + '\x1b[K',
      '\r\x1b[K',
    ]);
  });

  it('tells media against real time, and how much there was where nobody knows how long it is', () => {
    const { written, turnTo, options } = stage(false);
    const bar = progress({ ...options, doing: 'analysing', total: null, tell: mediaPace(null), plainStep: 60_000 });
    turnTo(10_000);
    for (const ms of [50_000, 59_000, 61_000, 100_000]) bar.update(ms);
    expect(written).toEqual(['analysing  0:50     5.0x\n', 'analysing  1:01     6.1x\n']);
  });
});
