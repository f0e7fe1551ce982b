/** Whether what a server answers is what its OpenAPI document says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { OperationName } from '../../../src/protocol/api.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

type Content = Readonly<Record<string, { readonly schema?: object }>>;

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Record<string, { operationId: string; responses: Record<string, { content?: Content }> }>>
  >;
  readonly components: object;
}

/**
 * A check of answers against a document: status, media type and body, all as the document has them.
 * @example const conforms = conformance(await served.json());
 */
export function conformance(document: OpenApi): (name: OperationName, answer: Answer) => void {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  ajv.addSchema({ $id: 'document', components: document.components }, 'document');
  ajv.addKeyword('components');
  const operations = new Map(
    Object.values(document.paths).flatMap((methods) => Object.values(methods).map((each) => [each.operationId, each])),
  );
  return (name, { status, headers, text, json }) => {
    const responses = operations.get(name)?.responses ?? {};
    const said = responses[status] ?? responses[`${Math.floor(status / 100).toString()}XX`];
    expect(said, `${name} answers ${status.toString()}, which the document does not have`).toBeDefined();
    if (said?.content === undefined) {
      expect(text).toBe('');
      return;
    }
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    expect(Object.keys(said.content)).toContain(type);
    const schema = said.content[type]?.schema;
    if (schema === undefined) return;
    const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as object;
    expect(ajv.validate(local, json) ? [] : ajv.errors, `${name} ${status.toString()}: ${text.slice(0, 500)}`).toEqual(
      [],
    );
  };
}
