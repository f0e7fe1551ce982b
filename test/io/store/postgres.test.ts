/** What only a server can do to a store: go away and return, be shared, be full of connections, and belong to a newer version. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { integerBelow, randomStream } from '../../../src/core/random.ts';
import { createDatabase } from '../../../src/io/store/database.ts';
import { migrate } from '../../../src/io/store/migrate.ts';
import { openStore } from '../../../src/io/store/open.ts';
import { postgresDialect } from '../../../src/io/store/postgres.ts';
import { ADMIN, grantOf, itemOf } from '../../contract/store/made.ts';
import { startPostgres } from '../../contract/postgres-server.ts';
import { expectKept, writeUntilKilled } from './crash.ts';

const server = await startPostgres();
afterAll(() => server?.close());

describe.skipIf(server === null)('a store on Postgres (skipped where there is none: `npm ci` brings one)', () => {
  let url = '';
  beforeAll(async () => {
    url = (await server?.createDatabase()) ?? '';
  });
  const connect = () => createDatabase(postgresDialect({ url }), { autovacuum: true });

  test('says so while the server is away, and goes on when it is back, without being opened again', async () => {
    const lost: Error[] = [];
    const store = await openStore({ at: 'postgres', url, onLost: (error) => lost.push(error) });
    await store.people.grant(grantOf({ room: 'away' }), 'key', ADMIN);
    await server?.stop();
    for (const call of [() => store.ping(), () => store.people.grant(grantOf({ room: 'away' }), 'key', ADMIN)])
      await expect(call()).rejects.toMatchObject({
        code: 'store-unavailable',
        message: expect.stringMatching(/tried again/) as string,
      });
    await expect(openStore({ at: 'postgres', url })).rejects.toMatchObject({ code: 'store-unavailable' });
    await server?.start();
    await expect.poll(() => store.ping().then(() => true)).toBe(true);
    expect(await store.people.consents({ room: 'away', participant: 'ada' })).toHaveLength(1);
    expect((await store.audit.verify()).brokenAt).toBeNull();
    await store.close();
    expect(lost.every((error) => error instanceof Error)).toBe(true);
  });

  test('servers that start at once migrate once, and share one queue and one chain', async () => {
    url = (await server?.createDatabase()) ?? '';
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openStore({ at: 'postgres', url, connections: 3 })),
    );
    for (let i = 0; i < 6; i++) await stores[0]?.reviews.add(itemOf({ room: 'shared', raters: 1 }));
    const claims = await Promise.all(
      stores.flatMap((store, s) =>
        Array.from({ length: 4 }, (_, i) =>
          store.reviews.claim({
            reviewer: `r${s.toString()}-${i.toString()}`,
            rooms: ['shared'],
            nowMs: 0,
            reservationMs: 1000,
          }),
        ),
      ),
    );
    const items = claims.flatMap((claimed) => claimed?.item.id ?? []);
    expect([items.length, new Set(items).size]).toEqual([6, 6]);
    await Promise.all(
      stores.map((store, i) =>
        store.people.grant(grantOf({ room: 'shared', participant: `p${i.toString()}` }), 'k', ADMIN),
      ),
    );
    expect(await stores[1]?.audit.verify()).toMatchObject({ brokenAt: null, entries: 4 });
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a database that a newer version wrote is refused by name, and left as it is', async () => {
    const database = connect();
    await database.read(async (db) => {
      await sql`insert into undertone_migrations values (99, '9999-from-the-future')`.execute(db);
    });
    await expect(openStore({ at: 'postgres', url })).rejects.toMatchObject({
      code: 'store-invalid',
      message: expect.stringContaining('9999-from-the-future') as string,
    });
    await database.read(async (db) => {
      await sql`delete from undertone_migrations where position = 99`.execute(db);
    });
    await database.close();
  });

  test('a step that fails leaves nothing of itself, and is taken once it can be', async () => {
    const fresh = createDatabase(postgresDialect({ url: (await server?.createDatabase()) ?? '' }), {
      autovacuum: true,
    });
    const good = { name: '1', statements: ['create table one (x integer)'] };
    const half = { name: '2', statements: ['create table two (x integer)', 'create table one (x integer)'] };
    await expect(fresh.read((db) => migrate(db, [good, half]))).rejects.toThrow('already exists');
    await fresh.read((db) => migrate(db, [good, { ...half, statements: half.statements.slice(0, 1) }]));
    await fresh.read(async (db) => {
      expect((await sql`select * from two`.execute(db)).rows).toEqual([]);
    });
    await fresh.close();
  });

  test('a wrong password, database or row is named', async () => {
    const other = url.replace(/[^/]+$/, 'nowhere');
    await expect(openStore({ at: 'postgres', url: other })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('does not exist') as string,
    });
    const store = await openStore({ at: 'postgres', url });
    const database = connect();
    await database.read(async (db) => {
      await sql`insert into rooms values ('edited', '{"room":"edited"}', 0)`.execute(db);
    });
    await expect(store.settings.of('edited')).rejects.toMatchObject({
      code: 'store-invalid',
      message: expect.stringContaining('settings of room edited') as string,
    });
    await Promise.all([store.close(), database.close()]);
  });

  test('a statement that takes too long is given up', async () => {
    const database = createDatabase(postgresDialect({ url, statementTimeoutMs: 50 }), { autovacuum: true });
    await expect(
      database.read(async (db) => {
        await sql`select pg_sleep(10)`.execute(db);
      }),
    ).rejects.toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('too long') as string });
    await database.close();
  });

  test('a server that is killed loses nothing that was acknowledged', async () => {
    url = (await server?.createDatabase()) ?? '';
    const random = randomStream('postgres crash');
    for (let kill = 0; kill < 4; kill++) {
      const room = `run-${kill.toString()}`;
      const acknowledged = await writeUntilKilled(['postgres', url, room], integerBelow(random, 300));
      const store = await openStore({ at: 'postgres', url });
      await expectKept(store, [[room, acknowledged]]);
      await store.close();
    }
  }, 120_000);
});
