import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download, type DownloadOptions } from '../../../src/commands/download/download.ts';
import { judgeSafetensors } from '../../../src/commands/download/judge-safetensors.ts';
import { withHeader } from '../../models/toolkit/safetensors.ts';
import { type Answering, file, sha256, type Site, site, tagOf } from './site.ts';

let dir: string;
let path: string;
let running: Site[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-download-'));
  path = join(dir, 'w.bin');
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
  await rm(dir, { recursive: true });
});

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);

async function open(paths: Readonly<Record<string, Answering>>): Promise<Site> {
  const started = await site(paths);
  running = [...running, started];
  return started;
}

function fetched(from: Site, options: Partial<DownloadOptions> = {}, at = '/w.bin') {
  const told: string[] = [];
  const promise = download(new URL(at, from.url), path, {
    env: {},
    signal: new AbortController().signal,
    tell: (line) => told.push(line),
    pauseMs: 1,
    ...options,
  });
  return { promise, told };
}

const content = async () => new Uint8Array(await readFile(path));

describe('download', () => {
  it('is the same file wherever the connection breaks, and nothing comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150_000 }), { maxLength: 6 }), async (cuts) => {
        await rm(path, { force: true });
        let sent = 0;
        const from = await site({
          '/w.bin': (request, response, nth) => {
            const cut = cuts[nth];
            sent += Math.min(cut ?? Infinity, BYTES.length - Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0));
            file(BYTES, { cutAfter: () => cut })(request, response, nth);
          },
        });
        try {
          expect(await fetched(from).promise).toMatchObject({ sha256: sha256(BYTES), bytes: BYTES.length });
        } finally {
          await from.close();
        }
        expect(await content()).toEqual(BYTES);
        expect(sent).toBeLessThanOrEqual(BYTES.length);
      }),
      { numRuns: 12 },
    );
  });

  it('asks whether what is kept is still the same, and then fetches nothing', async () => {
    const from = await open({ '/w.bin': file(BYTES) });
    await fetched(from).promise;
    expect(await fetched(from).promise).toMatchObject({ sha256: sha256(BYTES), vouched: null });
    expect(from.asked[1]?.headers['if-none-match']).toBe(tagOf(BYTES));
    expect(from.asked).toHaveLength(2);
  });

  it('fetches again what the disk has damaged', async () => {
    const from = await open({ '/w.bin': file(BYTES) });
    await fetched(from).promise;
    await writeFile(path, BYTES.toReversed());
    const { promise, told } = fetched(from);
    await promise;
    expect(await content()).toEqual(BYTES);
    expect(told).toEqual(['w.bin was damaged where it was kept: fetching it again']);
  });

  it.each<readonly [string, Answering]>([
    ['ignores ranges', file(BYTES, { ranges: false, cutAfter: (nth) => (nth < 2 ? 100_000 + nth : undefined) })],
    ['has no entity tags', file(BYTES, { etag: null, cutAfter: (nth) => (nth === 0 ? 100_000 : undefined) })],
    ['has weak ones', file(BYTES, { etag: 'W/"1"', cutAfter: (nth) => (nth === 0 ? 100_000 : undefined) })],
    ['stalls', file(BYTES, { stallAfter: (nth) => (nth === 0 ? 100_000 : undefined) })],
    [
      'changes the file meanwhile',
      (request, response, nth) => {
        file(nth === 0 ? BYTES.toReversed() : BYTES, { cutAfter: () => (nth === 0 ? 100_000 : undefined) })(
          request,
          response,
          nth,
        );
      },
    ],
    [
      'sends another part than was asked for',
      (request, response, nth) => {
        if (nth === 1)
          response
            .writeHead(206, { 'content-range': `bytes 5-${BYTES.length - 1}/${BYTES.length}`, etag: tagOf(BYTES) })
            .end(BYTES.subarray(5));
        else file(BYTES, { cutAfter: () => (nth === 0 ? 100_000 : undefined) })(request, response, nth);
      },
    ],
    [
      'sends the part of another version',
      (request, response, nth) => {
        if (nth === 1)
          response
            .writeHead(206, { 'content-range': `bytes 100000-${BYTES.length - 1}/${BYTES.length}`, etag: '"other"' })
            .end(BYTES.toReversed().subarray(100_000));
        else file(BYTES, { cutAfter: () => (nth === 0 ? 100_000 : undefined) })(request, response, nth);
      },
    ],
    [
      'says that there is more than there is, and sees it when asked for the rest',
      (request, response, nth) => {
        file(BYTES, { headers: nth === 0 ? { 'content-length': `${BYTES.length + 10}` } : {} })(request, response, nth);
        if (nth === 0) response.socket?.end();
      },
    ],
    [
      'fails at first',
      (request, response, nth) => {
        if (nth < 3) response.writeHead([500, 503, 429][nth] ?? 500, { 'retry-after': '0' }).end('later');
        else file(BYTES)(request, response, nth);
      },
    ],
  ])('gets the file from a server that %s', async (_, answering) => {
    const from = await open({ '/w.bin': answering });
    expect(await fetched(from, { stallMs: 300 }).promise).toMatchObject({ sha256: sha256(BYTES) });
    expect(await content()).toEqual(BYTES);
    expect((await readdir(dir)).toSorted()).toEqual(['.w.bin.json', 'w.bin']);
  });

  it('waits as long as it is told to', async () => {
    const times: number[] = [];
    const from = await open({
      '/w.bin': (request, response, nth) => {
        times.push(performance.now());
        if (nth === 0) response.writeHead(429, { 'retry-after': '1' }).end();
        else file(BYTES)(request, response, nth);
      },
    });
    await fetched(from).promise;
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it.each<readonly [string, Answering, RegExp]>([
    [
      'wants to be left alone for an hour',
      (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end(),
      /answers 503, and asks for 3600 s/,
    ],
    ['fails for good', (_, response) => response.writeHead(500).end(), /answers 500, 5 times in a row/],
    ['lets nobody in', (_, response) => response.writeHead(403).end(), /answers 403: whoever publishes it/],
    ['answers something odd', (_, response) => response.writeHead(204).end(), /answers 204/],
    ['packs what it sends', file(BYTES, { headers: { 'content-encoding': 'gzip' } }), /comes packed \(gzip\)/],
    [
      'always promises more than it has',
      (_, response) => {
        response.writeHead(200, { 'content-length': '10', etag: '"1"' });
        response.write('123', () => response.socket?.end());
      },
      /5 times in a row: what came is kept/,
    ],
    [
      'sends in circles',
      (_, response) => response.writeHead(302, { location: '/w.bin' }).end(),
      /sent on more than 8 times/,
    ],
    [
      'sends to no web address',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /no address of the web/,
    ],
    ['has something much larger', file(BYTES), /0.3 MB, where at most 0.2 MB make sense/],
    [
      'has something much larger, and does not say so',
      (_, response) => response.end(BYTES),
      /where at most 0.2 MB make sense/,
    ],
  ])('refuses a server that %s, and says why', async (_, answering, said) => {
    const from = await open({ '/w.bin': answering });
    await expect(fetched(from, { mostBytes: 200_000 }).promise).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringMatching(said) as string,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('tells a file that is not there from one that cannot be had', async () => {
    const from = await open({
      '/page': (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>'),
      '/shut': (_, response) => response.writeHead(403).end(),
    });
    expect(await fetched(from).promise).toBeNull();
    expect(await fetched(from, {}, '/page').promise).toBeNull();
    expect(await fetched(from, { optional: true }, '/shut').promise).toBeNull();
  });

  it('follows to another host, says so, and takes no password there', async () => {
    const other = await open({ '/real': file(BYTES) });
    const from = await open({
      '/w.bin': (_, response) => response.writeHead(302, { location: `${other.url}/real` }).end(),
    });
    const hosts: string[] = [];
    await fetched(from, { authorization: 'Basic c2VjcmV0', onElsewhere: (a, b) => hosts.push(a, b) }).promise;
    expect(hosts.map((host) => `http://${host}`)).toEqual([from.url, other.url]);
    expect(from.asked[0]?.headers.authorization).toBe('Basic c2VjcmV0');
    expect(other.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('fails at once where there is no such host', async () => {
    const { promise } = fetched({ url: 'http://nowhere.invalid', asked: [], close: () => Promise.resolve() });
    await expect(promise).rejects.toMatchObject({
      message: expect.stringMatching(/nowhere\.invalid\/w\.bin cannot be reached/) as string,
    });
  });
});

describe('what a file hashes to', () => {
  const base64 = Buffer.from(sha256(BYTES), 'hex').toString('base64');
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['Repr-Digest', { 'repr-digest': `sha-256=:${base64}:` }],
    ['Digest', { digest: `sha-512=AAAA,sha-256=${base64}` }],
    ['the entity tag', { etag: `"${sha256(BYTES)}"` }],
  ])('is compared with %s', async (_, headers) => {
    const from = await open({ '/w.bin': file(BYTES, { headers }), '/other': file(BYTES.toReversed(), { headers }) });
    expect(await fetched(from).promise).toMatchObject({ vouched: 'server' });
    await rm(path);
    await expect(fetched(from, {}, '/other').promise).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringMatching(
        /hashes to [0-9a-f]{64}, where its server says [0-9a-f]{64}.*give --sha256/,
      ) as string,
    });
    expect((await readdir(dir)).filter((name) => name.startsWith('w'))).toEqual([]);
  });

  it('is compared with what the server told when it sent on', async () => {
    const from = await open({
      '/w.bin': (_, response) =>
        response.writeHead(302, { location: '/real', 'x-linked-etag': `"${'0'.repeat(64)}"` }).end(),
      '/real': file(BYTES),
    });
    await expect(fetched(from).promise).rejects.toMatchObject({ code: 'download-failed' });
  });

  it('is what the user says, whatever the server does', async () => {
    const from = await open({ '/w.bin': file(BYTES, { headers: { etag: `"${'0'.repeat(64)}"` } }) });
    expect(await fetched(from, { sha256: sha256(BYTES) }).promise).toMatchObject({ vouched: 'user' });
    await expect(fetched(from, { sha256: '1'.repeat(64) }).promise).rejects.toMatchObject({
      message: expect.stringMatching(/where --sha256 is 1{64}.*correct --sha256/) as string,
    });
  });
});

describe('weights that are none', () => {
  const HEADER = JSON.stringify({ w: { dtype: 'F32', shape: [1000], data_offsets: [0, 4000] } });
  const WEIGHTS = withHeader(HEADER, new Uint8Array(4000));

  it('cost a few bytes, not gigabytes', async () => {
    let sent = 0;
    const from = await open({
      '/w.bin': (_, response) => {
        response.writeHead(200, { 'content-length': '5000000000' });
        const more = (): void => {
          sent += BYTES.length;
          response.write(BYTES, (error) => {
            if (!error) setImmediate(more);
          });
        };
        more();
      },
    });
    await expect(
      fetched(from, { judge: judgeSafetensors, freeBytes: () => Promise.resolve(1e12) }).promise,
    ).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(/sent no weights: .* its header has/) as string,
    });
    expect(sent).toBeLessThan(100_000_000);
    expect((await readdir(dir)).filter((name) => name.startsWith('w'))).toEqual([]);
  });

  it.each<readonly [string, Answering]>([
    ['are shorter than their header says, as the server is', file(WEIGHTS.subarray(0, -400))],
    ['end early without a length', (_, response) => response.end(WEIGHTS.subarray(0, -400))],
    ['are a page', (_, response) => response.end('<!doctype html><title>Sign in</title>')],
    ['are nothing', (_, response) => response.end()],
  ])('are refused where they %s', async (_, answering) => {
    const from = await open({ '/w.bin': answering });
    await expect(fetched(from, { judge: judgeSafetensors }).promise).rejects.toMatchObject({ code: 'encoder-invalid' });
    expect((await readdir(dir)).filter((name) => name.startsWith('w'))).toEqual([]);
  });

  it('are told from weights', async () => {
    const from = await open({ '/w.bin': file(WEIGHTS, { cutAfter: (nth) => (nth === 0 ? 20 : undefined) }) });
    expect(await fetched(from, { judge: judgeSafetensors }).promise).toMatchObject({ bytes: WEIGHTS.length });
  });
});

describe('a download that ends early', () => {
  it('is refused before a byte is fetched where the disk has no room for it', async () => {
    const from = await open({ '/w.bin': file(BYTES) });
    await expect(fetched(from, { freeBytes: () => Promise.resolve(299_999) }).promise).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/0\.3 MB are to be fetched, and 0\.3 MB are free/) as string,
    });
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it('keeps what came when it is stopped, and goes on from there', async () => {
    const from = await open({ '/w.bin': file(BYTES, { stallAfter: (nth) => (nth === 0 ? 100_000 : undefined) }) });
    const stopping = new AbortController();
    const { promise } = fetched(from, {
      signal: stopping.signal,
      onBytes: (have) => {
        if (have === 100_000) stopping.abort();
      },
    });
    await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
    expect((await readFile(`${path}.part`)).length).toBe(100_000);
    await fetched(from).promise;
    expect(from.asked[1]?.headers.range).toBe('bytes=100000-');
    expect(await content()).toEqual(BYTES);
  });
});
