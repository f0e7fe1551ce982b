/** The import rule is worth what it catches: each rule of .dependency-cruiser.mjs has a snippet that breaks it. */
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import rules from '../.dependency-cruiser.mjs';

const repository = resolve(import.meta.dirname, '..');

/** The tree as it should be: every import that the rule allows and the snippets below build on. */
const sound = {
  'src/errors.ts': 'export const CODES = [];',
  'src/domain.ts': 'export interface Label { readonly name: string }',
  'src/core/labels.ts': "import type { Label } from '../domain.ts'; export const LABELS: Label[] = [];",
  'src/core/windows.ts': "import { LABELS } from './labels.ts'; export const windows = LABELS;",
  'src/ports.ts':
    "import type { Observable } from 'rxjs'; import type { Label } from './domain.ts'; export type Source = Observable<Label>;",
  'src/protocol.ts':
    "import { z } from 'zod'; import { LABELS } from './core/labels.ts'; import { CODES } from './errors.ts'; export const label = z.enum([...LABELS, ...CODES]);",
  'src/config.ts': "import { z } from 'zod'; import { CODES } from './errors.ts'; export const settings = [z, CODES];",
  'src/io/webrtc.ts': "import * as mediasoup from 'mediasoup'; export const rtc = mediasoup;",
  'src/io/gateway.ts':
    "import { WebSocketServer } from 'ws'; import { label } from '../protocol.ts'; export const g = [WebSocketServer, label];",
  'src/io/ffmpeg.ts':
    "import ffmpeg from 'fluent-ffmpeg'; import type { Source } from '../ports.ts'; export const f = (s: Source) => [s, ffmpeg];",
  'pipelines/ingest.ts':
    "import { map } from 'rxjs'; import { windows } from '../src/core/windows.ts'; export const i = [map, windows];",
  'models/runtime.ts':
    "import * as ort from 'onnxruntime-node'; import { windows } from '../src/core/windows.ts'; export const r = [ort, windows];",
  'clients/monitor.ts':
    "import { label } from '../src/protocol.ts'; import { CODES } from '../src/errors.ts'; export const m = [label, CODES];",
  'clients/dashboard/main.ts':
    "import { h } from 'preact'; import { m } from '../monitor.ts'; export const page = [h, m];",
  'src/commands/analyse.ts': "import { f } from '../io/ffmpeg.ts'; export const analyse = f;",
  'src/commands/download/get.ts': 'export const get = 1;',
  'src/commands/import.ts': "import { get } from './download/get.ts'; export const fetched = get;",
  'src/main.ts':
    "import { settings } from './config.ts'; import { i } from '../pipelines/ingest.ts'; import { r } from '../models/runtime.ts'; import { rtc } from './io/webrtc.ts'; import { g } from './io/gateway.ts'; console.log(settings, i, r, rtc, g);",
  'src/cli.ts':
    "import { analyse } from './commands/analyse.ts'; import { fetched } from './commands/import.ts'; console.log(analyse, fetched);",
  'test/core/windows.test.ts':
    "import { test } from 'vitest'; import { windows } from '../../src/core/windows.ts'; test('w', () => void windows);",
} as const;

/** For each rule the snippets that must not pass it. */
const broken: Record<string, Record<string, string>> = {
  'core-is-pure': {
    'src/core/bad-node.ts': "import { readFileSync } from 'node:fs'; export const a = readFileSync;",
    'src/core/bad-rxjs.ts': "import { map } from 'rxjs'; export const b = map;",
    'src/core/bad-type.ts': "import type { Source } from '../ports.ts'; export type C = Source;",
  },
  'domain-stands-alone': {
    'src/domain.ts': "import { CODES } from './errors.ts'; export interface Label { readonly code: typeof CODES }",
  },
  'errors-stand-alone': {
    'src/errors.ts': "import type { Label } from './domain.ts'; export const CODES: Label[] = [];",
  },
  'ports-are-types': { 'src/ports.ts': "import { settings } from './config.ts'; export const p = settings;" },
  'protocol-travels': {
    'src/protocol.ts': "import { windows } from './core/windows.ts'; export const label = windows;",
  },
  'pipelines-compose': {
    'pipelines/bad-io.ts': "import { g } from '../src/io/gateway.ts'; export const a = g;",
    'pipelines/bad-models.ts': "import type { r } from '../models/runtime.ts'; export type B = typeof r;",
    'pipelines/bad-package.ts': "import { z } from 'zod'; export const c = z;",
  },
  'io-is-a-shell': {
    'src/io/bad-models.ts': "import { r } from '../../models/runtime.ts'; export const a = r;",
    'src/io/bad-pipelines.ts': "export { i } from '../../pipelines/ingest.ts';",
  },
  'models-stand-apart': { 'models/bad-io.ts': "export const a = await import('../src/io/gateway.ts');" },
  'clients-speak-the-protocol': {
    'clients/bad.ts': "import type { Label } from '../src/domain.ts'; export type A = Label;",
  },
  'clients-run-in-browsers': { 'clients/bad-node.ts': "import { join } from 'node:path'; export const a = join;" },
  'nothing-imports-a-root': { 'src/io/bad-root.ts': "import '../main.ts'; export const a = 1;" },
  'only-roots-read-config': {
    'models/bad-config.ts': "import { settings } from '../src/config.ts'; export const a = settings;",
  },
  'only-one-importer-of-mediasoup': {
    'src/io/rooms.ts': "import type { types } from 'mediasoup'; export type A = types.Router;",
  },
  'only-one-importer-of-ws': { 'src/io/http.ts': "import { WebSocket } from 'ws'; export const a = WebSocket;" },
  'only-one-importer-of-onnxruntime-node': {
    'models/pool.ts': "import * as ort from 'onnxruntime-node'; export const a = ort;",
  },
  'only-one-importer-of-kysely': { 'src/io/rooms.ts': "import { sql } from 'kysely'; export const a = sql;" },
  'only-one-importer-of-@electric-sql/pglite': {
    'src/io/rooms.ts': "import { PGlite } from '@electric-sql/pglite'; export const a = PGlite;",
  },
  'only-one-importer-of-pg': { 'src/io/rooms.ts': "import type { Pool } from 'pg'; export type A = Pool;" },
  'only-one-importer-of-hono': { 'src/io/http.ts': "import { Hono } from 'hono'; export const a = Hono;" },
  'only-one-importer-of-@hono/node-server': {
    'src/io/http.ts': "import { getRequestListener } from '@hono/node-server'; export const a = getRequestListener;",
  },
  'only-one-importer-of-fluent-ffmpeg': {
    'src/io/decode.ts': "import ffmpeg from 'fluent-ffmpeg'; export const a = ffmpeg;",
  },
  'server-without-downloads': {
    'src/server.ts': "import { get } from './commands/download/get.ts'; export const a = get;",
    'src/server/roundabout.ts': "import { fetched } from '../commands/import.ts'; export const a = fetched;",
    'models/late.ts': "export const a = await import('../src/commands/download/get.ts');",
  },
  'product-without-tests': { 'models/bad-test.ts': "import '../test/core/windows.test.ts'; export const a = 1;" },
  'server-without-dev-dependencies': { 'src/io/bad-dev.ts': "import { test } from 'vitest'; export const a = test;" },
  'declared-dependencies': { 'clients/bad-package.ts': "import debug from 'debug'; export const a = debug;" },
  resolvable: { 'pipelines/bad-path.ts': "import { a } from './nowhere.ts'; export const b = a;" },
  'no-cycles': {
    'src/core/one.ts': "import type { Two } from './two.ts'; export interface One { two: Two }",
    'src/core/two.ts': "import type { One } from './one.ts'; export interface Two { one: One }",
  },
  'no-orphans': { 'models/lonely.ts': 'export const a = 1;' },
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'undertone-architecture-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the tree as it should be breaks no rule', async () => {
  expect(await violations(sound)).toEqual([]);
});

test.each(Object.entries(broken))('%s is enforced', async (rule, snippets) => {
  const found = await violations({ ...sound, ...snippets });
  // A cycle is reported at one of its ends.
  const reported = rule === 'no-cycles' ? Object.keys(snippets).slice(0, 1) : Object.keys(snippets);
  for (const file of reported) expect(found).toContainEqual({ rule, from: file });
});

test('every rule has a snippet that breaks it', () => {
  expect(Object.keys(broken).sort()).toEqual((rules.forbidden ?? []).map(({ name }) => name).sort());
});

async function violations(files: Readonly<Record<string, string>>): Promise<{ rule: string; from: string }[]> {
  const root = mkdtempSync(join(folder, 'tree-'));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  cpSync(join(repository, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  const folders = ['src', 'pipelines', 'models', 'clients', 'test'];
  const { output } = await cruise(folders, { ...rules.options, ruleSet: rules, validate: true, baseDir: root });
  return (output as ICruiseResult).summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}
