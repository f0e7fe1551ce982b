/** How far a host has fallen back, for people. */
import type { LoadJson } from '../src/protocol.ts';

/** Whether less is judged than the configured hop would make. */
export function isBusy({ hopMs, oneIn }: LoadJson, configuredHopMs: number): boolean {
  return hopMs > configuredHopMs || oneIn > 1;
}

/** @example loadWords({ hopMs: 3000, oneIn: 4 }); // 'a window every 3 s, 1 of 4 judged' */
export function loadWords({ hopMs, oneIn }: LoadJson): string {
  return `a window every ${hopMs / 1000} s${oneIn === 1 ? '' : `, 1 of ${oneIn} judged`}`;
}
