/**
 * The key with which somebody comes back to their own data. It arrives in the address's fragment
 * (`#room=...&participant=...&key=...`), which browsers never send to a server, and leaves the address bar at once.
 */

/** Whose data, and the key to it. */
export interface OwnKey {
  readonly room: string;
  readonly participant: string;
  readonly key: string;
}

/** The link under which somebody finds their own data again. */
export function consentLink(origin: string, { room, participant, key }: OwnKey): string {
  return `${origin}/consent#${new URLSearchParams({ room, participant, key }).toString()}`;
}

/** Take the key from the address; null when there is none, or not all of it. */
export function takeKey(place: Pick<Window, 'location' | 'history'>): OwnKey | null {
  const url = new URL(place.location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const [room, participant, key] = ['room', 'participant', 'key'].map((name) => fragment.get(name) ?? '');
  if (!room || !participant || !key) return null;
  url.hash = '';
  place.history.replaceState(place.history.state, '', url.href);
  return { room, participant, key };
}
