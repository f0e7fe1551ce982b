import { describe, expect, it } from 'vitest';
import { dropToken, gatewayUrl, keepToken, takeToken } from '../../clients/session.ts';
import type { TokenPlace } from '../../clients/session.ts';

function tab(href: string): TokenPlace & { location: { href: string } } {
  const kept = new Map<string, string>();
  const place = {
    location: { href },
    history: {
      state: null,
      replaceState: (_data: unknown, _unused: string, url: string) => {
        place.location.href = url;
      },
    },
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
  };
  return place;
}

describe('the token of a page', () => {
  it('leaves the address at once and is kept for the tab', () => {
    const place = tab('http://127.0.0.1:8080/?room=lobby#token=abc.def-_');
    expect(takeToken(place)).toBe('abc.def-_');
    expect(place.location.href).toBe('http://127.0.0.1:8080/?room=lobby');
    expect(takeToken(place)).toBe('abc.def-_');
  });

  it('leaves the rest of the fragment alone', () => {
    const place = tab('http://127.0.0.1:8080/#token=abc&main');
    takeToken(place);
    expect(place.location.href).not.toContain('abc');
    expect(place.location.href).toContain('main');
  });

  it('lets a new one replace the kept one, and an empty one not', () => {
    const place = tab('http://127.0.0.1:8080/#token=new');
    keepToken(place, 'old');
    expect(takeToken(place)).toBe('new');
    place.location.href = 'http://127.0.0.1:8080/#token=';
    expect(takeToken(place)).toBe('new');
  });

  it('is none when there was none or it was dropped', () => {
    const place = tab('http://127.0.0.1:8080/');
    expect(takeToken(place)).toBeNull();
    keepToken(place, 'abc');
    dropToken(place);
    expect(takeToken(place)).toBeNull();
  });
});

describe("the gateway's address", () => {
  it('is on the same server, and as safe as the page', () => {
    expect(gatewayUrl({ href: 'http://127.0.0.1:8080/join?room=x#token=abc' })).toBe('ws://127.0.0.1:8080/ws');
    expect(gatewayUrl({ href: 'https://monitor.example.org/' })).toBe('wss://monitor.example.org/ws');
  });
});
