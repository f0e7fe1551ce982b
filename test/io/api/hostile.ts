/** Requests made of the API's own schemas, partly as they should be and partly as an attacker would have them. */
import fc from 'fast-check';
import { z } from 'zod';
import type { Operation } from '../../../src/protocol/api.ts';

/** What gets into paths, databases and pages where nobody looks. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '..',
  '../../etc/passwd',
  '..\\..\\windows',
  '%2e%2e%2f',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\u200b',
  '💥',
  'x'.repeat(65),
  'x'.repeat(5000),
  "'; drop table items; --",
  '" or 1=1 --',
  '$1',
  '${7*7}',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  '[object Object]',
  '\r\nSet-Cookie: a=b',
];

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  0.1,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  [],
  {},
  [[[[]]]],
  JSON.parse('{"__proto__":{"role":"admin"}}'),
  { constructor: { prototype: { role: 'admin' } } },
  ...HOSTILE_TEXTS,
];

type Schema = Readonly<Record<string, unknown>>;

/** What a schema allows, now and then with something else in its place. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: allowedBy(schema) },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_VALUES) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

function allowedBy(schema: Schema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const options = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (options !== undefined) return fc.oneof(...options.map(valueOf));
  const bound = (name: string, otherwise: number) => (schema[name] as number | undefined) ?? otherwise;
  switch (schema['type']) {
    case 'string': {
      const { pattern } = schema as { readonly pattern?: string };
      const hostile = fc.constantFrom(...HOSTILE_TEXTS);
      if (pattern?.includes('\\p') === false) return fc.stringMatching(new RegExp(pattern));
      const text = fc.string({ unit: 'binary', minLength: bound('minLength', 0), maxLength: 200 });
      return fc.oneof(text, hostile);
    }
    case 'integer':
      return fc.integer({
        min: Math.max(bound('minimum', 0), -1e15),
        max: Math.min(bound('maximum', Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER),
      });
    case 'number':
      return fc.double({ min: bound('minimum', -1e308), max: bound('maximum', 1e308), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueOf((schema['items'] ?? {}) as Schema), { minLength: bound('minItems', 0), maxLength: 4 });
    case 'object': {
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
      const known = fc.record(Object.fromEntries(properties.map(([name, of]) => [name, valueOf(of)])));
      const more = schema['additionalProperties'];
      if (typeof more !== 'object' || more === null) return fc.oneof({ weight: 8, arbitrary: known }, odd(known));
      return fc.dictionary(fc.constantFrom('participant', 'agent', ...HOSTILE_TEXTS), valueOf(more as Schema));
    }
    default:
      return fc.jsonValue();
  }
}

/** With a member left out, or one too many. */
function odd(known: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(known, fc.nat(), fc.constantFrom('__proto__', 'role', 'extra')).map(([value, at, name]) => {
    const names = Object.keys(value);
    const gone = names[at % (names.length + 1)];
    const kept = Object.entries(value).filter(([key]) => key !== gone);
    return Object.fromEntries([...kept, [name, 'admin']]);
  });
}

const schemaOf = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input' });

/** Parts of the path and query as text, and a body, for one operation. */
export function requestOf({ params, query, body }: Operation) {
  const texts = (schema: z.ZodObject | undefined) =>
    schema === undefined
      ? fc.constant({})
      : (allowedBy(schemaOf(schema)) as fc.Arbitrary<Record<string, unknown>>).map((values) =>
          Object.fromEntries(
            Object.entries(values).map(([name, value]) => [
              name,
              (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed(),
            ]),
          ),
        );
  return fc.record({
    params: texts(params),
    query: texts(query),
    ...(body && { body: valueOf(schemaOf(body)) }),
  });
}
