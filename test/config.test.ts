import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { maskConfig, readConfig, readSettings } from '../src/config.ts';
import { UndertoneError } from '../src/errors.ts';

const dir = mkdtempSync(join(tmpdir(), 'undertone-config-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const SECRET = 'a secret of more than 32 characters';

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof UndertoneError && error.code === 'config-invalid') return error.message;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('a server that others can reach', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'undertone.example', '127.0.0.1.evil.example'])(
    'does not start on %s without a secret',
    (host) => {
      const message = refusal({ UNDERTONE_HOST: host, UNDERTONE_DATA_DIR: dir });
      expect(message).toContain('UNDERTONE_SECRET');
      expect(message).toContain(host);
    },
  );

  it('does not take a short secret either, nor an empty one', () => {
    expect(refusal({ UNDERTONE_HOST: '0.0.0.0', UNDERTONE_SECRET: 'hunter2' })).toContain('UNDERTONE_SECRET');
    expect(refusal({ UNDERTONE_HOST: '0.0.0.0', UNDERTONE_SECRET: '' })).toContain('UNDERTONE_SECRET');
  });

  it('takes the secret that it is given', () => {
    expect(readConfig({ UNDERTONE_HOST: '0.0.0.0', UNDERTONE_SECRET: SECRET })).toMatchObject({
      UNDERTONE_SECRET: SECRET,
      loopback: false,
    });
  });
});

describe('a server on loopback', () => {
  it('makes a secret that only its owner can read, and keeps it', () => {
    const config = readConfig({ UNDERTONE_DATA_DIR: dir });
    expect(config.loopback).toBe(true);
    expect(config.UNDERTONE_SECRET).toMatch(/^[0-9a-f]{64}$/);
    const file = join(dir, 'loopback-secret');
    expect(readFileSync(file, 'utf8')).toBe(config.UNDERTONE_SECRET);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readConfig({ UNDERTONE_DATA_DIR: dir }).UNDERTONE_SECRET).toBe(config.UNDERTONE_SECRET);
  });

  it('signs with no secret that was cut short, and says what to do where it can keep none', () => {
    writeFileSync(join(dir, 'loopback-secret'), 'c0ffee');
    expect(readConfig({ UNDERTONE_DATA_DIR: dir }).UNDERTONE_SECRET).toMatch(/^[0-9a-f]{64}$/);
    const inTheWay = join(dir, 'loopback-secret', 'data');
    expect(() => readConfig({ UNDERTONE_DATA_DIR: inTheWay })).toThrow(/UNDERTONE_DATA_DIR.*writable/);
  });
});

describe('settings', () => {
  it.each([
    ['UNDERTONE_PORT', '65536'],
    ['UNDERTONE_PORT', 'http'],
    ['UNDERTONE_PROVIDERS', 'cpu,tpu'],
    ['UNDERTONE_ROOMS', '../etc'],
    ['UNDERTONE_ORIGINS', 'file:///etc/passwd'],
    ['UNDERTONE_WINDOW_MS', '10000'],
    ['UNDERTONE_HOP_MS', 'NaN'],
    ['UNDERTONE_REQUIRE', 'either'],
    ['UNDERTONE_PROT', '8080'],
  ])('%s=%s is refused by name', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(name);
  });

  it('that are wrong are named together', () => {
    expect(() => readSettings({ UNDERTONE_PORT: 'x', UNDERTONE_LOG: 'loud' })).toThrow(
      /UNDERTONE_PORT[^]*UNDERTONE_LOG/,
    );
  });

  it('of a hop longer than the window are refused, since time between windows would be lost', () => {
    expect(() => readSettings({ UNDERTONE_WINDOW_MS: '1000', UNDERTONE_HOP_MS: '1001' })).toThrow('UNDERTONE_HOP_MS');
    expect(() => readSettings({ UNDERTONE_MAX_HOP_MS: '400' })).toThrow('UNDERTONE_MAX_HOP_MS');
  });

  it.each(['cellar/door=rtsp://camera/1', 'lobby/door=rtsp://camera/1, lobby/door=rtsp://camera/2'])(
    'of streams that have no place of their own in a room are refused: %s',
    (sources) => {
      expect(() => readSettings({ UNDERTONE_SOURCES: sources })).toThrow(/UNDERTONE_SOURCES: (cellar|lobby)\/door/);
    },
  );

  it('that are empty are as if they were not set', () => {
    expect(readSettings({ UNDERTONE_PORT: '' })).toEqual(readSettings({}));
  });

  it('of origins are read as browsers send them', () => {
    const { UNDERTONE_ORIGINS } = readSettings({ UNDERTONE_ORIGINS: 'https://A.example/, http://b.example:8080/x' });
    expect(UNDERTONE_ORIGINS).toEqual(['https://a.example', 'http://b.example:8080']);
  });

  it('are printed without the secret', () => {
    const config = readConfig({ UNDERTONE_SECRET: SECRET });
    expect(JSON.stringify(maskConfig(config))).not.toContain(SECRET);
  });

  it('prints no key of clips, and repeats none that is wrong', () => {
    const keys = ['ab'.repeat(32), Buffer.alloc(32, 9).toString('base64')];
    const config = readConfig({ UNDERTONE_SECRET: SECRET, UNDERTONE_CLIP_KEY: keys.join(', ') });
    expect(config.UNDERTONE_CLIP_KEY).toEqual(keys);
    for (const key of keys) expect(JSON.stringify(maskConfig(config))).not.toContain(key);
    const wrong = () => readSettings({ UNDERTONE_CLIP_KEY: `${'ab'.repeat(32)},hunter2` });
    expect(wrong).toThrow(/UNDERTONE_CLIP_KEY\.1: must be 32 bytes/);
    expect(wrong).not.toThrow(/hunter2/);
  });
});

describe('streams that take part', () => {
  it('are written as room/name=url, and printed without the URL, which may hold a password', () => {
    const config = readConfig({
      UNDERTONE_SECRET: SECRET,
      UNDERTONE_SOURCES: 'lobby/door=rtsp://me:secret@10.0.0.7/1',
    });
    expect(config.UNDERTONE_SOURCES).toEqual([{ room: 'lobby', name: 'door', url: 'rtsp://me:secret@10.0.0.7/1' }]);
    expect(JSON.stringify(maskConfig(config))).not.toContain('10.0.0.7');
  });

  it.each(['rtsp://camera', 'lobby/door', 'lobby/door=file:///etc/passwd', 'lobby/door=-i'])('refuse %s', (text) => {
    expect(() => readSettings({ UNDERTONE_SOURCES: text })).toThrow('room/name=url');
  });
});
