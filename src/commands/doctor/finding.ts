/** What was found of one thing that the server needs. */
import { asUndertoneError } from '../../errors.ts';

/** What was found. */
export interface Finding {
  /** Of what, in a word or two. */
  readonly name: string;
  /** `unused`: not there, and not needed. `fault`: the server does not start, or what was asked for cannot be; `warning`: it starts, and something is not as it may be meant. */
  readonly state: 'ok' | 'unused' | 'warning' | 'fault';
  readonly found: string;
  /** What mends it; null where nothing needs to be. */
  readonly remedy: string | null;
}

/** All is well. */
export function ok(name: string, found: string): Finding {
  return { name, state: 'ok', found, remedy: null };
}

/** It is not there, and nobody asked for it. */
export function unused(name: string, found: string): Finding {
  return { name, state: 'unused', found, remedy: null };
}

/** Something is not as it may be meant. */
export function warning(name: string, found: string, remedy: string): Finding {
  return { name, state: 'warning', found, remedy };
}

/** Something does not work. */
export function fault(name: string, found: string, remedy: string): Finding {
  return { name, state: 'fault', found, remedy };
}

/** What an error says, split where its remedy begins. */
export function faultOf(name: string, thrown: unknown): Finding {
  const { message } = asUndertoneError(thrown);
  const at = message.lastIndexOf(': ');
  return at < 0 ? fault(name, message, 'see docs/deploy.md') : fault(name, message.slice(0, at), message.slice(at + 2));
}
