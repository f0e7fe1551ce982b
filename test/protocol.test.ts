/**
 * The protocol as it stands in test/fixtures/protocol: of every message the JSON Schema and an example. A difference is
 * a change of what clients elsewhere rely on: `npx vitest run test/protocol.test.ts -u` writes the schemas anew, and the
 * diff belongs into the review.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERROR_CODES } from '../src/errors.ts';
import { CLOSE, SUBPROTOCOL, clientMessage, results, serverMessage } from '../src/protocol.ts';

const FOLDER = new URL('fixtures/protocol/', import.meta.url);

interface Golden {
  readonly name: string;
  readonly schema: z.ZodType;
  /** `input`: as it is sent, before defaults are filled in; `output`: as it is received. */
  readonly io: 'input' | 'output';
}

const goldens: readonly Golden[] = [
  ...clientMessage.options.map((schema) => ({
    name: `client.${schema.shape.type.value}`,
    schema,
    io: 'input' as const,
  })),
  ...serverMessage.options.map((schema) => ({
    name: `server.${schema.shape.type.value}`,
    schema,
    io: 'output' as const,
  })),
  ...Object.entries(results).map(([type, schema]) => ({ name: `result.${type}`, schema, io: 'output' as const })),
];

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

describe.each(goldens)('$name', ({ name, schema, io }) => {
  it('is what it was', async () => {
    await expect(pretty(z.toJSONSchema(schema, { io }))).toMatchFileSnapshot(`fixtures/protocol/${name}.schema.json`);
  });

  it('has an example that it takes, and that says nothing it does not name', () => {
    const example = read(`${name}.example.json`);
    expect(schema.parse(example)).toEqual(example);
  });

  it('takes its example also by the JSON Schema that others go by', () => {
    const standard = z.fromJSONSchema(read(`${name}.schema.json`) as z.core.JSONSchema.JSONSchema);
    expect(standard.safeParse(read(`${name}.example.json`)).error).toBeUndefined();
    expect(standard.safeParse({}).success).toBe(false);
  });
});

it('has the name, the close codes and the error codes that it had', async () => {
  const constants = { subprotocol: SUBPROTOCOL, close: CLOSE, errors: ERROR_CODES };
  await expect(pretty(constants)).toMatchFileSnapshot('fixtures/protocol/constants.json');
});

it('has no message in the folder that it does not know', () => {
  const known = goldens.flatMap(({ name }) => [`${name}.schema.json`, `${name}.example.json`]);
  expect(readdirSync(FOLDER).sort()).toEqual([...known, 'constants.json'].sort());
});

it('refuses from a client what a server says, and keys that it does not know', () => {
  for (const { name } of goldens.filter((golden) => golden.name.startsWith('server.')))
    expect(clientMessage.safeParse(read(`${name}.example.json`)).success).toBe(false);
  for (const { name } of goldens.filter((golden) => golden.name.startsWith('client.')))
    expect(clientMessage.safeParse({ ...(read(`${name}.example.json`) as object), extra: 1 }).success).toBe(false);
});
