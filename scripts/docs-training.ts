/**
 * Writes the tables of fields in docs/training.md from `models/toolkit/train/config-schema.ts`.
 *
 *     npm run docs:training
 */
import { z } from 'zod';
import { TRAINING_CONFIGS } from '../models/toolkit/train/config-schema.ts';
import { between, markdownTable, writeBetween } from './generated.ts';

const DOCUMENT = new URL('../docs/training.md', import.meta.url);

/** The tables' names, and which fields each has. */
const TABLES = ['fields', 'face-fields', 'voice-fields'] as const;

/** The document with its tables as the schema has them. */
export function trainingDocument(markdown: string): string {
  return TABLES.reduce((text, name) => between(text, name, table(name)), markdown);
}

function table(name: (typeof TABLES)[number]): string {
  const face = rowsOf(TRAINING_CONFIGS.face);
  const voice = rowsOf(TRAINING_CONFIGS.voice);
  const shared = new Set(face.map(String).filter((row) => voice.map(String).includes(row)));
  const own = (rows: readonly Row[]) => rows.filter((row) => !shared.has(String(row)));
  const rows = {
    fields: face.filter((row) => shared.has(String(row))),
    'face-fields': own(face),
    'voice-fields': own(voice),
  }[name];
  return markdownTable([['Field', 'What', 'Write', 'Default'], ...rows]);
}

type Row = readonly [field: string, meaning: string, range: string, fallback: string];

function rowsOf(schema: z.ZodType, path = ''): readonly Row[] {
  if (schema instanceof z.ZodPrefault) return rowsOf(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, field]) =>
      rowsOf(field, path === '' ? key : `${path}.${key}`),
    );
  const { description = '', range } = schema.meta() ?? {};
  const fallback: unknown = schema.safeParse(undefined).data;
  return [[`\`${path}\``, description, String(range), fallback === undefined ? '' : JSON.stringify(fallback)]];
}

if (import.meta.main) {
  for (const name of TABLES) writeBetween(DOCUMENT, name, table(name));
  process.stdout.write('docs/training.md: the tables of fields are up to date\n');
}
