/**
 * Writes the README's table of settings from `src/config.ts`.
 *
 *     npm run docs:config
 */
import type { z } from 'zod';
import { settings } from '../src/config.ts';
import { markdownTable, writeBetween } from './generated.ts';

/** Every setting with its default and meaning, as a Markdown table. */
export function settingsTable(): string {
  const rows = Object.entries(settings.shape).map(([name, schema]) => [
    `\`${name}\``,
    describeDefault(schema),
    schema.description ?? '',
  ]);
  return markdownTable([['Variable', 'Default', 'Meaning'], ...rows]);
}

function describeDefault(schema: z.ZodType): string {
  const value: unknown = schema.safeParse(undefined).data;
  if (value === undefined) return '';
  return `\`${Array.isArray(value) ? value.join(',') : JSON.stringify(value).replaceAll('"', '')}\``;
}

if (import.meta.main) {
  writeBetween(new URL('../README.md', import.meta.url), 'settings', settingsTable());
  process.stdout.write('README.md: the table of settings is up to date\n');
}
