/** `undertone import --from URL` as people run it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirOf, checkpointCache } from '../../../src/commands/download/cache.ts';
import { parseAddress } from '../../../src/commands/download/address.ts';
import { cacheDirOf as ofSetUp } from '../../../scripts/setup/context.mjs';
import { changed } from '../../models/toolkit/encoders/checkpoints.ts';
import { start, undertone } from '../undertone.ts';
import { proxy } from './proxy.ts';
import { type Answering, file, sha256, type Site, site } from './site.ts';

const TINY = resolve('test/fixtures/encoders/wavlm-large-tiny');
const README = Buffer.from('---\nlicense: mit\n---\nA model.\n');
const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
})();

let cwd: string;
let open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'undertone-import-url-'));
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  rmSync(cwd, { recursive: true });
});

function keep<T extends { close(): Promise<void> }>(thing: T): T {
  open = [...open, thing];
  return thing;
}

/** A site with the files of a folder. */
async function published(dir: string, more: Readonly<Record<string, Answering>> = {}): Promise<Site> {
  const files = readdirSync(dir).map((name) => [`/org/model/${name}`, file(readFileSync(join(dir, name)))] as const);
  return keep(await site({ ...Object.fromEntries(files), '/org/model/README.md': file(README), ...more }));
}

const args = (from: string, ...more: string[]) => ['import', 'wavlm', '--from', from, '--out', 'encoder', ...more];
const env = (more: Readonly<Record<string, string>> = {}) => ({
  cwd,
  env: { XDG_CACHE_HOME: join(cwd, 'cache'), NO_PROXY: '127.0.0.1', ...more },
});

describe('undertone import of an address', () => {
  it('fetches what is needed, says what it is, and fetches nothing twice', async () => {
    const from = await published(TINY);
    const address = `${from.url}/org/model`;
    const weights = readFileSync(join(TINY, 'model.safetensors'));
    const { code, stderr, stdout } = await undertone(args(address, '--accept-licence'), env());
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(`${address}/: licence 'mit', as README.md beside the weights says\n`);
    expect(stderr).toContain(`SHA-256 ${sha256(weights)}, which nobody vouches for`);
    expect(stdout).toContain('licence mit');
    expect(JSON.parse(readFileSync(join(cwd, 'encoder/encoder.json'), 'utf8'))).toMatchObject({
      licence: 'mit',
      source: {
        name: 'org/model',
        url: `${address}/`,
        files: [{ file: 'model.safetensors', sha256: sha256(weights) }],
      },
    });
    const again = await undertone(args(address, '--accept-licence', '--force', '--sha256', sha256(weights)), env());
    expect(again.stderr).toContain('as --sha256 says');
    expect(from.asked.filter(({ path }) => path.endsWith('/model.safetensors')).at(-1)?.headers).toHaveProperty(
      'if-none-match',
    );
  });

  it('follows an index to its files', async () => {
    const from = await published(await changed('wavlm-large-tiny', join(cwd, 'sharded'), { shards: 3 }));
    const hash = sha256(readFileSync(join(cwd, 'sharded/model-2-of-3.safetensors')));
    const address = `${from.url}/org/model/model.safetensors.index.json`;
    const refused = await undertone(args(address, '--accept-licence', '--sha256', hash), env());
    expect(refused.stderr).toMatch(/the weights are in 3 files: say which, as model-1-of-3.safetensors=DIGITS/);
    const given = `model-2-of-3.safetensors=${hash}`;
    expect(await undertone(args(address, '--accept-licence', '--sha256', given), env())).toMatchObject({ code: 0 });
  });

  it.each<readonly [string, readonly string[], Readonly<Record<string, Answering>>, RegExp]>([
    ['a licence that nobody agreed to', [], {}, /licence 'mit'.*\n.*give --accept-licence \(config-invalid\)/],
    [
      'a configuration of something else',
      ['--accept-licence'],
      { '/org/model/config.json': file(Buffer.from('{"model_type":"bert"}')) },
      /describes a 'bert'/,
    ],
    [
      'no configuration',
      ['--accept-licence'],
      { '/org/model/config.json': (_, response) => response.writeHead(404).end() },
      /there is no .*config\.json/,
    ],
    ['more layers than there are', ['--accept-licence', '--layers', '99'], {}, /--layers 99/],
    ['no hash', ['--accept-licence', '--sha256', 'abc'], {}, /'abc' is no SHA-256/],
  ])('refuses %s before it asks for the weights', async (_, more, odd, said) => {
    const from = await published(TINY, odd);
    const { code, stderr } = await undertone(args(`${from.url}/org/model/`, ...more), env());
    expect(code).not.toBe(0);
    expect(stderr).toMatch(said);
    expect(from.asked.map(({ path }) => path)).not.toContain('/org/model/model.safetensors');
    expect(existsSync(join(cwd, 'encoder'))).toBe(false);
  });

  it('keeps what came on Ctrl-C, says so, and goes on from there', async () => {
    const weights = readFileSync(join(TINY, 'model.safetensors'));
    const from = await published(TINY, {
      '/org/model/model.safetensors': file(weights, { stallAfter: (nth) => (nth === 0 ? 50_000 : undefined) }),
    });
    const { child, done } = start(args(`${from.url}/org/model`, '--accept-licence'), env());
    const cached = join(checkpointCache(parseAddress(`${from.url}/org/model`), env().env), 'model.safetensors.part');
    await expect.poll(() => existsSync(cached) && readFileSync(cached).length).toBe(50_000);
    child.kill('SIGINT');
    const stopped = await done;
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.stderr).toMatch(
      /stopped: 0\.1 MB of [\d.]+ MB of model\.safetensors are kept in .*; the same command goes on from there\n/,
    );
    expect(await undertone(args(`${from.url}/org/model`, '--accept-licence'), env())).toMatchObject({ code: 0 });
    expect(from.asked.at(-1)?.headers.range).toBe('bytes=50000-');
  });

  it('goes by way of the proxy that the environment names', async () => {
    const from = await published(TINY);
    const by = keep(await proxy(() => Number(new URL(from.url).port)));
    const ran = await undertone(
      args('http://models.example/org/model', '--accept-licence'),
      env({ HTTP_PROXY: by.url, NO_PROXY: '' }),
    );
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toContain('models.example is asked without encryption');
    expect(by.asked).toContain('GET http://models.example/org/model/model.safetensors');
    const past = await undertone(
      args(`${from.url}/org/model`, '--accept-licence', '--force'),
      env({ HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }),
    );
    expect(past).toMatchObject({ code: 0 });
  });

  it.skipIf(!hasOpenssl)('trusts https alone once it began with it, through a proxy too', async () => {
    const plain = await published(TINY);
    const [key, cert] = [join(cwd, 'key.pem'), join(cwd, 'cert.pem')];
    const subject = ['-subj', '/CN=models.example', '-addext', 'subjectAltName=DNS:models.example'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    );
    const tls = createTls({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      const path = request.url ?? '';
      if (path.startsWith('/down/')) response.writeHead(302, { location: `${plain.url}/org/model/config.json` }).end();
      else {
        const name = join(TINY, path.split('/').at(-1) ?? '');
        if (existsSync(name)) file(readFileSync(name))(request, response, 0);
        else response.writeHead(404).end();
      }
    });
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    keep({
      close: async () => {
        tls.closeAllConnections();
        tls.close();
        await once(tls, 'close');
      },
    });
    const by = keep(await proxy(() => (tls.address() as AddressInfo).port));
    const through = env({ HTTPS_PROXY: by.url, NO_PROXY: '', NODE_EXTRA_CA_CERTS: cert });
    const ran = await undertone(
      args('https://models.example/org/model', '--accept-licence', '--licence', 'MIT'),
      through,
    );
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('licence MIT') as string });
    expect(by.asked).toContain('CONNECT models.example:443');
    const down = await undertone(args('https://models.example/down', '--accept-licence', '--force'), through);
    expect(down.stderr).toMatch(/sends on to http:.*which anybody on the way could change/);
    const untrusted = await undertone(
      args('https://models.example/org/model', '--force'),
      env({ HTTPS_PROXY: by.url, NO_PROXY: '' }),
    );
    expect(untrusted.stderr).toMatch(/cannot be reached \(self-signed certificate/);
  });
});

it('has its cache where set-up has its own', () => {
  for (const given of [{}, { XDG_CACHE_HOME: '/somewhere' }, { XDG_CACHE_HOME: 'relative' }])
    expect(cacheDirOf(given)).toBe(ofSetUp(given));
});

it.each(['ftp://host/x', 'https://', 'http://u:p@host:99999/x'])('refuses the address %s', async (from) => {
  const { code, stderr } = await undertone(args(from), env());
  expect(code).toBe(2);
  expect(stderr).toMatch(/no address that begins with https/);
  expect(stderr).not.toContain('u:p');
});
