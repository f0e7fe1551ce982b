import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { operations } from '../../../src/protocol/api.ts';
import type { Operation, OperationName } from '../../../src/protocol/api.ts';
import { HOSTILE_TEXTS, requestOf } from './hostile.ts';
import { aPerson, anItem } from './rows.ts';
import { send } from './send.ts';
import { openApiStage } from './stage.ts';
import type { ApiStage } from './stage.ts';

/** Hundreds of calls, each of them written to a real store. */
vi.setConfig({ testTimeout: 120_000 });

let stage: ApiStage;
let authorization: string;

beforeAll(async () => {
  stage = await openApiStage();
  authorization = await stage.bearer({ role: 'admin', subject: 'fuzz' });
  await aPerson(stage, 'lobby', 'ada');
  await anItem(stage);
}, 120_000);
afterAll(() => stage.close());

const names = Object.keys(operations) as OperationName[];

test.each(names)('no input of %s is the fault of the server', async (name) => {
  const operation: Operation = operations[name];
  // Those without input are always the same.
  const numRuns = operation.body ? 30 : (operation.params ?? operation.query) ? 10 : 1;
  await fc.assert(
    fc.asyncProperty(requestOf(operation), async (sent) => {
      const { status, text } = await stage.call(name, { authorization, ...sent });
      expect(status, `${text} ${stage.logged.at(-1) ?? ''}`).toBeLessThan(500);
    }),
    { numRuns },
  );
});

test.each(HOSTILE_TEXTS)('as a name in a path %j finds nothing', async (text) => {
  const hostile = text.toWellFormed();
  for (const [name, params] of [
    ['readSettings', { room: hostile }],
    ['exportPerson', { room: 'lobby', participant: hostile }],
    ['reviewItem', { id: hostile }],
    ['clip', { id: hostile }],
    ['answerClaim', { reservation: hostile }],
  ] as const) {
    const path = operations[name].path.replaceAll(/\{(\w+)\}/g, (_, part: string) =>
      encodeURIComponent((params as Record<string, string>)[part] ?? ''),
    );
    const { status, bytes } = await send(stage.url, `/api/v1${path}`, {
      method: operations[name].method,
      headers: { authorization },
    });
    stage.clock.forward(1000);
    expect([200, 400, 404]).toContain(status);
    // Names that are allowed, however odd, are of nobody.
    const said: unknown = JSON.parse(bytes.toString());
    if (status === 200) expect(said).toMatchObject({ consents: [], segments: [], reviews: [] });
  }
});
