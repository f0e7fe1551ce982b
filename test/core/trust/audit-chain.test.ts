import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, chainEntry, EMPTY_CHAIN, followChain, GENESIS } from '../../../src/core/trust/audit-chain.ts';
import type { ChainHead } from '../../../src/core/trust/audit-chain.ts';
import type { AuditEntry, AuditEvent } from '../../../src/domain/trust.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const event: fc.Arbitrary<AuditEvent> = fc.record({
  atMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
  kind: fc.constantFrom('consent', 'access', 'configuration', 'model', 'review', 'deletion'),
  action: fc.string(),
  actor: fc.record({ role: fc.constantFrom('admin', 'server', 'reviewer'), subject: fc.string() }),
  room: fc.option(fc.string()),
  details: fc.dictionary(fc.string(), fc.jsonValue()),
});

function chainOf(events: readonly AuditEvent[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const one of events) entries.push(chainEntry(entries.at(-1) ?? EMPTY_CHAIN, one, sha256));
  return entries;
}

/** Index of the first entry that does not follow; the number of entries when all do. */
function firstBroken(entries: readonly AuditEntry[]): number {
  let head: ChainHead | null = EMPTY_CHAIN;
  for (const [i, entry] of entries.entries()) {
    head = followChain(head, entry, sha256);
    if (head === null) return i;
  }
  return entries.length;
}

const chain = fc.array(event, { minLength: 1, maxLength: 8 }).map(chainOf);
const place = fc.nat({ max: 7 });

test('a chain follows itself, also after it was kept as JSON', () => {
  fc.assert(
    fc.property(chain, (entries) => {
      expect(firstBroken(entries)).toBe(entries.length);
      expect(firstBroken(JSON.parse(JSON.stringify(entries)) as AuditEntry[])).toBe(entries.length);
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
      expect(entries[0]?.previous).toBe(GENESIS);
    }),
  );
});

test('whatever is changed in an entry breaks the chain there', () => {
  fc.assert(
    fc.property(
      chain,
      place,
      event,
      fc.constantFrom(...(['atMs', 'action', 'room', 'details', 'actor', 'kind'] as const)),
      (entries, n, other, field) => {
        const i = n % entries.length;
        const entry = entries[i];
        if (!entry) return;
        fc.pre(canonicalJson(entry[field]) !== canonicalJson(other[field]));
        expect(firstBroken(entries.with(i, { ...entry, [field]: other[field] }))).toBe(i);
      },
    ),
  );
});

test('whoever removes, repeats or swaps entries breaks the chain where that begins', () => {
  fc.assert(
    fc.property(chain, place, (entries, n) => {
      fc.pre(entries.length > 1);
      const i = n % (entries.length - 1);
      const [a, b] = [entries[i], entries[i + 1]];
      if (!a || !b) return;
      expect(firstBroken(entries.toSpliced(i, 1))).toBe(i);
      expect(firstBroken(entries.toSpliced(i, 0, a))).toBe(i + 1);
      expect(firstBroken(entries.toSpliced(i, 2, b, a))).toBe(i);
    }),
  );
});

test('a chain that was made anew from a changed entry on has another head', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), event, (events, other) => {
      const forged = [other, ...events.slice(1)];
      fc.pre(canonicalJson(events[0]) !== canonicalJson(other));
      expect(chainOf(forged).at(-1)?.hash).not.toBe(chainOf(events).at(-1)?.hash);
    }),
  );
});

test('canonical JSON does not depend on the order of members, and reads back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('canonical JSON sorts by UTF-16 units and writes numbers as RFC 8785 does', () => {
  // RFC 8785, Section 3.2.3, its example of names; Appendix B, some of its numbers.
  expect(
    canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
  ).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
  expect(canonicalJson([-0, 5e-324, 9007199254740992, 1e21, 1e-7, 333333333.33333329])).toBe(
    '[0,5e-324,9007199254740992,1e+21,1e-7,333333333.3333333]',
  );
  expect(canonicalJson({ 10: 1, 9: 2, gone: undefined })).toBe('{"10":1,"9":2}');
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
