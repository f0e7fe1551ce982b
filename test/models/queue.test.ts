import { describe, expect, it } from 'vitest';
import { callQueue } from '../../models/pool/queue.ts';

const options = { limits: { window: 3, speech: 3, faces: 50 }, batches: { window: 16, speech: 16, faces: 4 } };

describe('call queue', () => {
  it('refuses a call past the bound of its kind, and only of its kind', () => {
    const queue = callQueue<number>(options);
    expect([1, 2, 3, 4].map((n) => queue.push('window', n))).toEqual([true, true, true, false]);
    expect(queue.push('speech', 5)).toBe(true);
    expect(queue.depthOf('window')).toBe(3);
    expect(queue.depth).toBe(4);
  });

  it('gives the oldest calls of a kind together, up to its batch', () => {
    const queue = callQueue<number>(options);
    for (let n = 0; n < 6; n++) queue.push('faces', n);
    expect(queue.take(1)).toEqual({ kind: 'faces', calls: [0, 1, 2, 3] });
    expect(queue.take(1)).toEqual({ kind: 'faces', calls: [4, 5] });
    expect(queue.take(1)).toBeNull();
  });

  it('lets no kind wait for more than one batch of each other kind', () => {
    const queue = callQueue<string>(options);
    for (let n = 0; n < 40; n++) queue.push('faces', 'face');
    queue.push('window', 'window');
    queue.push('speech', 'speech');
    const kinds = Array.from({ length: 4 }, () => queue.take(1)?.kind);
    expect(kinds.slice(0, 3).toSorted()).toEqual(['faces', 'speech', 'window']);
    queue.push('window', 'window');
    expect(queue.take(1)?.kind).toBe('window');
  });

  it('does not let windows that keep coming hold up frames', () => {
    const queue = callQueue<string>(options);
    queue.push('faces', 'face');
    const kinds = Array.from({ length: 2 }, () => {
      queue.push('window', 'window');
      return queue.take(1)?.kind;
    });
    expect(kinds).toEqual(['window', 'faces']);
  });

  it('shares what waits among idle workers', () => {
    const queue = callQueue<number>(options);
    for (let n = 0; n < 3; n++) queue.push('window', n);
    expect(queue.take(2)?.calls).toEqual([0, 1]);
    expect(queue.take(1)?.calls).toEqual([2]);
  });

  it('hands out everything that waits when it is cleared', () => {
    const queue = callQueue<number>(options);
    queue.push('window', 1);
    queue.push('faces', 2);
    expect(queue.clear()).toEqual([1, 2]);
    expect(queue.depth).toBe(0);
  });
});
