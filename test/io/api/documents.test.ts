import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { default as addFormats } from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiDocuments, operationsTable } from '../../../scripts/docs-api.ts';
import { signature } from '../../../src/io/webhooks/deliver.ts';
import { API_BASE, operations } from '../../../src/protocol/api.ts';
import { clientMessage, serverMessage } from '../../../src/protocol.ts';
import { openApiStage } from './stage.ts';
import type { ApiStage } from './stage.ts';

const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const load = createRequire(import.meta.url);

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage();
}, 120_000);
afterAll(() => stage.close());

describe.each(['openapi.json', 'asyncapi.json'] as const)('docs/%s', (name) => {
  test('is what the code says: run `npm run docs:api`', () => {
    expect(docs(name)).toBe(apiDocuments()[name]);
  });

  test('is what the running server serves, to anyone', async () => {
    const served = await fetch(`${stage.url}${API_BASE}/${name}`);
    expect(await served.json()).toEqual(JSON.parse(docs(name)));
  });
});

test('the table in docs/api.md is what the code says: run `npm run docs:api`', () => {
  expect(docs('api.md')).toContain(operationsTable());
});

test('docs/openapi.json is an OpenAPI 3.1 document by the schema of the specification', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(docs('openapi.json')) as Record<string, unknown>);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('docs/openapi.json has every operation once, and each part of a path as a parameter', () => {
  const { paths } = JSON.parse(docs('openapi.json')) as {
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  };
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters }]) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part);
      expect(parameters.filter((each) => each.in === 'path').map((each) => each.name)).toEqual(named);
      return `${operationId} ${method.toUpperCase()} ${path}`;
    }),
  );
  expect(found.sort()).toEqual(
    Object.entries(operations)
      .map(([name, { method, path }]) => `${name} ${method} ${path}`)
      .sort(),
  );
});

test('docs/asyncapi.json is an AsyncAPI 3.0 document by the schema of the specification', () => {
  const { schemas } = load('@asyncapi/specs') as { schemas: Record<string, object> };
  // The schema brings its own copy of draft 7 along.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schemas['3.0.0'] ?? {});
  expect(validate(JSON.parse(docs('asyncapi.json'))) ? [] : validate.errors).toEqual([]);
});

describe('docs/asyncapi.json', () => {
  const { channels, operations: acts } = JSON.parse(docs('asyncapi.json')) as {
    channels: { undertone: { messages: Record<string, { payload: object }> } };
    operations: Record<'receive' | 'send', { messages: { $ref: string }[] }>;
  };
  const { messages } = channels.undertone;
  const types = (union: {
    readonly options: readonly { readonly shape: { readonly type: { readonly value: string } } }[];
  }) => union.options.map(({ shape }) => shape.type.value);

  test('has every message once, on the side that sends it', () => {
    expect(acts.receive.messages.map(({ $ref }) => $ref.split('/client-').at(-1))).toEqual(types(clientMessage));
    expect(acts.send.messages.map(({ $ref }) => $ref.split('/server-').at(-1))).toEqual(types(serverMessage));
    expect(Object.keys(messages)).toHaveLength(acts.receive.messages.length + acts.send.messages.length);
  });

  test.each(Object.keys(messages))('allows the example of %s', (name) => {
    const example = `../../fixtures/protocol/${name.replace('-', '.')}.example.json`;
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTuples: false });
    const validate = ajv.compile(messages[name]?.payload ?? {});
    const given: unknown = JSON.parse(readFileSync(new URL(example, import.meta.url), 'utf8'));
    expect(validate(given) ? [] : validate.errors).toEqual([]);
  });
});

test('the receiver of webhooks in docs/api.md takes what is delivered, and nothing else', async () => {
  const [, code = ''] = /```js\n([^]*?)```/.exec(docs('api.md')) ?? [];
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isGenuine: (secret: string, headers: Record<string, string>, body: string, nowMs: number) => boolean;
  };
  const [secret, body, seconds] = [Buffer.alloc(32, 7).toString('base64'), '{"type":"consent.granted"}', 1_700_000_000];
  const headers = {
    'webhook-id': 'audit-7',
    'webhook-timestamp': seconds.toString(),
    'webhook-signature': signature(secret, 'audit-7', seconds, body),
  };
  const nowMs = seconds * 1000;
  expect(isGenuine(secret, headers, body, nowMs)).toBe(true);
  expect(isGenuine(secret, headers, `${body} `, nowMs)).toBe(false);
  expect(isGenuine(Buffer.alloc(32, 8).toString('base64'), headers, body, nowMs)).toBe(false);
  expect(isGenuine(secret, { ...headers, 'webhook-id': 'audit-8' }, body, nowMs)).toBe(false);
  expect(isGenuine(secret, headers, body, nowMs + 600_000)).toBe(false);
  expect(isGenuine(secret, {}, body, nowMs)).toBe(false);
});
