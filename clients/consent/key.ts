/**
 * The key with which somebody comes back to their own data. It arrives in the address's fragment
 * (`#room=...&participant=...&key=...`), which browsers never send to a server, leaves the address bar at once, and is kept
 * for this tab only.
 */

/** Whose data, and the key to it. */
export interface OwnKey {
  readonly room: string;
  readonly participant: string;
  readonly key: string;
}

/** The parts of a browser window that hold the key; `window` fits. */
export interface KeyPlace {
  readonly location: { readonly href: string };
  readonly history: { readonly state: unknown; replaceState(data: unknown, unused: string, url: string): void };
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const PLACE = 'undertone.own';

/** The link under which somebody finds their own data again. */
export function consentLink(origin: string, { room, participant, key }: OwnKey): string {
  return `${origin}/consent#${new URLSearchParams({ room, participant, key }).toString()}`;
}

/** Read a link, or the part of it after `#`; null where some of it is missing. */
export function readLink(text: string): OwnKey | null {
  const fragment = new URLSearchParams(text.slice(text.indexOf('#') + 1).trim());
  const [room, participant, key] = ['room', 'participant', 'key'].map((name) => fragment.get(name)?.trim());
  return room && participant && key ? { room, participant, key } : null;
}

/** Take the key from the address, if it brought one, else the one kept for this tab; null when there is none. */
export function takeKey(place: KeyPlace): OwnKey | null {
  const url = new URL(place.location.href);
  const given = readLink(url.hash);
  if (given === null) return readLink(place.sessionStorage.getItem(PLACE) ?? '');
  url.hash = '';
  place.history.replaceState(place.history.state, '', url.href);
  keepKey(place, given);
  return given;
}

/** Keep a key for this tab, through reloads. */
export function keepKey(place: KeyPlace, { room, participant, key }: OwnKey): void {
  place.sessionStorage.setItem(PLACE, new URLSearchParams({ room, participant, key }).toString());
}

/** Forget the kept key, for example as it does not open anything. */
export function dropKey(place: KeyPlace): void {
  place.sessionStorage.removeItem(PLACE);
}
