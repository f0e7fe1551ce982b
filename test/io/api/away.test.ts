import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres } from '../../contract/postgres-server.ts';
import { openApiStage } from './stage.ts';
import type { ApiStage } from './stage.ts';

const server = await startPostgres();
afterAll(() => server?.close());

if (server === null)
  test.skip('skipped: there is no Postgres here; `npm ci` brings one, or install the package postgresql', () =>
    undefined);
else
  describe('a database that goes away', () => {
    let stage: ApiStage;
    beforeAll(async () => {
      stage = await openApiStage({
        store: { at: 'postgres', url: await server.createDatabase(), onLost: () => undefined },
      });
    }, 120_000);
    afterAll(() => stage.close());

    test('is said to be away with the remedy, and is back when it is back', async () => {
      const authorization = await stage.bearer({ role: 'admin', subject: 'ada' });
      const body = { kinds: ['consent'], rooms: null };
      const add = (name: string) => ({ authorization, body: { ...body, url: `https://hook.example/${name}` } });
      await stage.done('addWebhook', add('a'));
      await server.stop();
      for (const [name, sent] of [
        ['addWebhook', add('b')],
        ['claim', { authorization, body: {} }],
        ['audit', { authorization }],
        ['exportPerson', { authorization, params: { room: 'lobby', participant: 'ada' } }],
        ['consents', { authorization: 'Participant key', params: { room: 'lobby', participant: 'ada' } }],
      ] as const)
        expect(await stage.refused(name, sent)).toEqual([503, 'store-unavailable', expect.stringContaining('again')]);
      // What needs no store goes on.
      await stage.done('me', { authorization });
      await server.start();
      const { webhooks } = await stage.done<{ webhooks: { url: string }[] }>('webhooks', { authorization });
      expect(webhooks.map(({ url }) => url)).toEqual(['https://hook.example/a']);
      await stage.done('addWebhook', add('b'));
      expect(stage.logged.filter((line) => line.includes('unexpectedly'))).toEqual([]);
    }, 120_000);
  });
