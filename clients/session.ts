/**
 * The token that a page shows to the server. It arrives in the address's fragment (`#token=...`), which browsers never
 * send to a server, leaves the address bar at once, and is kept for this tab only.
 */

/** The parts of a browser window that hold the token; `window` fits. */
export interface TokenPlace {
  readonly location: { readonly href: string };
  readonly history: { readonly state: unknown; replaceState(data: unknown, unused: string, url: string): void };
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const KEY = 'undertone.token';

/**
 * Take the token from the address, if it brought one, else the one kept for this tab; null when there is none.
 * @example const token = takeToken(window);
 */
export function takeToken(place: TokenPlace): string | null {
  const url = new URL(place.location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const given = fragment.get('token')?.trim();
  if (fragment.has('token')) {
    fragment.delete('token');
    url.hash = fragment.toString();
    place.history.replaceState(place.history.state, '', url.href);
  }
  if (given === undefined || given === '') return place.sessionStorage.getItem(KEY);
  keepToken(place, given);
  return given;
}

/**
 * Take a token that arrives later: a link that is opened where its page is open already changes the fragment alone. The page
 * is loaded anew with it.
 */
export function followToken(place: Window): void {
  place.addEventListener('hashchange', () => {
    if (!new URLSearchParams(place.location.hash.slice(1)).has('token')) return;
    takeToken(place);
    place.location.reload();
  });
}

/** Keep a token for this tab, through reloads. */
export function keepToken(place: TokenPlace, token: string): void {
  place.sessionStorage.setItem(KEY, token);
}

/** Forget the kept token, for example after the server refused it. */
export function dropToken(place: TokenPlace): void {
  place.sessionStorage.removeItem(KEY);
}

/** The gateway's address on the page's own server. */
export function gatewayUrl(location: { readonly href: string }): string {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}
