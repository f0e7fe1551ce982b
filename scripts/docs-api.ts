/**
 * Writes the descriptions of the HTTP API and of the WebSocket protocol, and the table of who may what, from the schemas that
 * the server validates with.
 *
 *     npm run docs:api
 */
import { writeFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };
import { asyncApi, openApi } from '../src/io/api/documents.ts';
import { operations } from '../src/protocol/api.ts';
import type { Operation } from '../src/protocol/api.ts';
import { markdownTable, writeBetween } from './generated.ts';

/** Both documents as they lie in `docs/`, by file name. */
export function apiDocuments(): Readonly<Record<'openapi.json' | 'asyncapi.json', string>> {
  const { version } = manifest;
  const text = (document: unknown) => `${JSON.stringify(document, null, 1)}\n`;
  return { 'openapi.json': text(openApi({ version })), 'asyncapi.json': text(asyncApi({ version })) };
}

/** Every operation with who may, as a Markdown table. */
export function operationsTable(): string {
  const rows = Object.entries<Operation>(operations).map(([name, { method, path, summary, roles, subject, scope }]) => [
    `\`${name}\``,
    `\`${method} ${path}\``,
    [
      ...(roles === 'anyone' ? ['anyone'] : roles.length === 4 ? ['any token'] : roles),
      ...(subject ? ['the person'] : []),
    ].join(', ') + (scope === 'server' ? ', of all rooms' : ''),
    summary,
  ]);
  return markdownTable([['Operation', 'Call', 'Who may', 'What it does'], ...rows]);
}

if (import.meta.main) {
  const folder = new URL('../docs/', import.meta.url);
  for (const [name, text] of Object.entries(apiDocuments())) writeFileSync(new URL(name, folder), text);
  writeBetween(new URL('api.md', folder), 'operations', operationsTable());
  process.stdout.write('docs/openapi.json, docs/asyncapi.json and the table in docs/api.md are up to date\n');
}
