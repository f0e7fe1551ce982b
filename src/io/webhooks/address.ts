/** Which addresses a webhook may reach: public ones. Others belong to this machine, or to the network behind it. */
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { UndertoneError } from '../../errors.ts';

/** Whether an IP address is one of the public Internet; what stands for an IPv4 address is judged as that. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/**
 * Check the address of a webhook, as far as it can be told without asking the network.
 * @param allowed hosts (with their port, where it is not the usual one) that the operator vouches for.
 * @throws UndertoneError `config-invalid`.
 */
export function checkAddress(text: string, allowed: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Without what may be a password.
  const shown = url === null ? text : `${url.origin === 'null' ? url.protocol : url.origin}${url.pathname}`;
  const refuse = (why: string) =>
    new UndertoneError('config-invalid', `webhook address ${shown.slice(0, 200)}: ${why}`);
  if (url === null) throw refuse('this is not a URL: write https://host/path');
  if (allowed.includes(url.host) && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  if (url.protocol !== 'https:') throw refuse('only https is safe to send to');
  if (url.username !== '' || url.password !== '') throw refuse('leave user and password out: deliveries are signed');
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isPublic(literal)) throw refuse(NOT_PUBLIC);
  return url;
}

const NOT_PUBLIC = 'it leads into a private network: name the host in UNDERTONE_WEBHOOK_HOSTS if that is meant';

/**
 * A look-up that gives public addresses alone. As the connection is made to what it gives, a name cannot be pointed
 * elsewhere between check and use ("DNS rebinding").
 */
export const publicLookup: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, found) => {
    const fit = error === null ? found.filter(({ address }) => isPublic(address)) : [];
    const [first] = fit;
    if (error !== null) callback(error, '');
    else if (first === undefined) callback(new UndertoneError('config-invalid', `${host}: ${NOT_PUBLIC}`), '');
    else if (options.all === true) callback(null, fit);
    else callback(null, first.address, first.family);
  });
};
