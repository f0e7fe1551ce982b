/** Markup is what a browser takes it for. */
import { expect } from 'vitest';

/** Fails unless every element is closed in its turn and every `&` begins an entity. */
export function expectWellFormed(markup: string): void {
  const open: string[] = [];
  for (const [, closing, name = '', attributes = '', empty] of markup.matchAll(
    /<(\/?)([a-z]\w*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/gi,
  )) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else if (empty !== '/') open.push(name);
    expect(attributes).not.toMatch(/NaN|Infinity|undefined/);
  }
  expect(open).toEqual([]);
  expect(markup.replace(/<(\/?)([a-z]\w*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/gi, '')).not.toMatch(/[<]|&(?!#\d+;)/);
}
