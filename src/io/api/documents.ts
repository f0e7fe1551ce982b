/** The API described for programs: OpenAPI and AsyncAPI, made of the schemas that the server validates with. */
import { z } from 'zod';
import { API_BASE, apiError, operations } from '../../protocol/api.ts';
import type { Operation } from '../../protocol/api.ts';
import { SUBPROTOCOL, clientMessage, serverMessage } from '../../protocol.ts';

type Document = Readonly<Record<string, unknown>>;

/** Both documents need a version: the product's. */
export interface DocumentOptions {
  readonly version: string;
}

/** OpenAPI 3.1 is written with JSON Schema 2020-12, AsyncAPI 3.0 with draft 7. */
function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12',
): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target });
  return rest;
}

/**
 * Every operation as OpenAPI 3.1. Who may is in `x-roles`; `x-scope: server` takes a token that is good for all rooms.
 * @example const document = openApi({ version: '0.1.0' });
 */
export function openApi({ version }: DocumentOptions): Document {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, operation] of Object.entries<Operation>(operations))
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(name, operation);
  return {
    openapi: '3.1.0',
    info: { title: 'Undertone', version, description: 'Rooms, consent, review, calibration and audit.' },
    servers: [{ url: API_BASE }],
    paths,
    components: {
      schemas: { Error: schemaOf(apiError, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        participant: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'Participant KEY' },
      },
    },
  };
}

function describe(name: string, operation: Operation): Document {
  const { summary, roles, subject, scope, params, query, body, answer } = operation;
  const refusal = { description: 'refused: why', content: json({ $ref: '#/components/schemas/Error' }) };
  return {
    operationId: name,
    summary,
    security: roles === 'anyone' ? [] : [{ token: [] }, ...(subject ? [{ participant: [] }] : [])],
    'x-roles': roles,
    ...(scope && { 'x-scope': scope }),
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(body && { requestBody: { required: true, content: json(schemaOf(body, 'input')) } }),
    responses: { ...successOf(answer), '4XX': refusal, '5XX': refusal },
  };
}

function successOf(answer: Operation['answer']): Document {
  if (answer === null) return { 204: { description: 'done' } };
  const content = 'bytes' in answer ? { [answer.bytes]: {} } : json(schemaOf(answer, 'output'));
  return { 200: { description: 'done', content } };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): Document[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
}

const json = (schema: Document): Document => ({ 'application/json': { schema } });

/**
 * The WebSocket protocol as AsyncAPI 3.0: one channel, what clients send and what the server sends.
 * @example const document = asyncApi({ version: '0.1.0' });
 */
export function asyncApi({ version }: DocumentOptions): Document {
  const messages = { ...messagesOf('client', clientMessage.options), ...messagesOf('server', serverMessage.options) };
  const refs = (side: string) =>
    Object.keys(messages)
      .filter((name) => name.startsWith(side))
      .map((name) => ({ $ref: `#/channels/undertone/messages/${name}` }));
  const channel = { $ref: '#/channels/undertone' };
  return {
    asyncapi: '3.0.0',
    info: { title: 'Undertone', version, description: `The WebSocket subprotocol ${SUBPROTOCOL}.` },
    channels: {
      undertone: { address: '/ws', messages, bindings: { ws: { method: 'GET' } } },
    },
    operations: {
      receive: { action: 'receive', channel, messages: refs('client'), summary: 'What a client may send' },
      send: { action: 'send', channel, messages: refs('server'), summary: 'What the server may send' },
    },
  };
}

function messagesOf(side: 'client' | 'server', schemas: readonly z.ZodObject[]): Document {
  return Object.fromEntries(
    schemas.map((schema) => {
      const payload = schemaOf(schema, side === 'client' ? 'input' : 'output', 'draft-7');
      const { const: type } = (payload['properties'] as Record<string, { const?: string }>)['type'] ?? {};
      return [`${side}-${type ?? ''}`, { name: type, contentType: 'application/json', payload }];
    }),
  );
}
