import fc from 'fast-check';
import { Subject, from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { freshest } from '../../pipelines/freshest.ts';

/** A projection whose calls finish when the test says so. */
function controlled() {
  const running: { readonly value: number; readonly finish: () => void }[] = [];
  let most = 0;
  const project = (value: number) =>
    new Promise<number>((resolve) => {
      running.push({
        value,
        finish: () => {
          resolve(value);
        },
      });
      most = Math.max(most, running.length);
    });
  const finishOne = async () => {
    running.shift()?.finish();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { project, finishOne, running, most: () => most };
}

describe('freshest', () => {
  it('runs one at a time, loses none uncounted, keeps order and always ends with the newest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (script) => {
        const source = new Subject<number>();
        const { project, finishOne, most } = controlled();
        const results: number[] = [];
        let skipped = 0;
        source.pipe(freshest(project, { onSkip: () => skipped++ })).subscribe((value) => results.push(value));
        let sent = 0;
        for (const send of [...script, true]) {
          if (send) source.next(sent++);
          else await finishOne();
        }
        source.complete();
        await finishOne();
        await finishOne();
        expect(most()).toBeLessThanOrEqual(1);
        expect(results.length + skipped).toBe(sent);
        expect(results).toEqual([...results].sort((a, b) => a - b));
        expect(results.at(-1)).toBe(sent - 1);
      }),
    );
  });

  it('skips nothing when the work is quicker than the source', async () => {
    const results = await lastValueFrom(
      from([1]).pipe(
        freshest((x) => Promise.resolve(x * 2)),
        toArray(),
      ),
    );
    expect(results).toEqual([2]);
  });

  it('merges what waits when told how', async () => {
    const source = new Subject<string>();
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const project = (value: string) =>
      new Promise<void>((resolve) => {
        seen.push(value);
        release = resolve;
      });
    const done = lastValueFrom(source.pipe(freshest(project, { merge: (a, b) => a + b })), { defaultValue: undefined });
    for (const letter of 'abcd') source.next(letter);
    release();
    await expect.poll(() => seen).toEqual(['a', 'bcd']);
    release();
    source.complete();
    await done;
  });

  it('passes on a failure of the work', async () => {
    const failing = from([1]).pipe(freshest(() => Promise.reject(new Error('broken'))));
    await expect(lastValueFrom(failing)).rejects.toThrow('broken');
  });
});
