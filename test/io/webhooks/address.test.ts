import { lookup } from 'node:dns/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkAddress, isPublic, publicLookup } from '../../../src/io/webhooks/address.ts';

/** Addresses of this machine, of private networks, or of no machine at all, in the ways in which they can be written. */
const INWARD = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254', // the metadata of cloud machines
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
];

describe('webhooks reach public addresses alone', () => {
  test.each(INWARD)('not %s', (address) => {
    expect(isPublic(address)).toBe(false);
    const host = address.includes(':') ? `[${address}]` : address;
    expect(() => checkAddress(`https://${host}/hook`, [])).toThrow(/private network|not a URL/);
  });

  test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111'])('but %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  // Browsers and Node read these as IPv4 addresses, whatever they look like.
  test.each(['https://2130706433/', 'https://0x7f000001/', 'https://0177.0.0.1/', 'https://127.1/'])(
    'not %s',
    (url) => {
      expect(() => checkAddress(url, [])).toThrow(/private network/);
    },
  );

  test('every IPv4 address written as IPv6 is judged as it is itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublic(`::ffff:${address}`)).toBe(isPublic(address));
      }),
    );
  });

  test('no other scheme, no password, no nonsense', () => {
    for (const url of ['http://example.org/', 'ftp://example.org/', 'file:///etc/passwd', 'javascript:alert(1)'])
      expect(() => checkAddress(url, [])).toThrow(/only https/);
    expect(() => checkAddress('https://user:secret@example.org/', [])).toThrow(/leave user and password out/);
    expect(() => checkAddress('example.org', [])).toThrow(/not a URL/);
  });

  test('a host that the operator vouches for may be private, at that port alone', () => {
    expect(checkAddress('http://127.0.0.1:9000/hook', ['127.0.0.1:9000']).port).toBe('9000');
    expect(() => checkAddress('http://127.0.0.1:9001/hook', ['127.0.0.1:9000'])).toThrow(/only https/);
    expect(() => checkAddress('https://127.0.0.1:9001/hook', ['127.0.0.1:9000'])).toThrow(/private network/);
  });

  test('a name that leads inward is not connected to', async () => {
    // `localhost` is a name that every machine resolves to itself.
    expect((await lookup('localhost')).address).toMatch(/^(127\.|::1)/);
    const failure = await new Promise((resolve) => {
      publicLookup('localhost', {}, (error) => {
        resolve(error);
      });
    });
    expect(failure).toMatchObject({ code: 'config-invalid' });
    expect(String(failure)).toMatch(/localhost.*private/);
  });
});
