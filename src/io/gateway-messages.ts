import { clientMessage } from '../protocol.ts';
import type { ClientMessage } from '../protocol.ts';

/** A message that was read, or what is wrong with it; `id` is null where it could not be read. */
export type Read =
  | { readonly id: string; readonly message: ClientMessage; readonly problem: null }
  | { readonly id: string | null; readonly message: null; readonly problem: string };

/** Longest problem told, characters: a peer's own text may be in it. */
const MAX_PROBLEM = 300;

/** Read a frame as a message of the protocol; anything else becomes a sentence that names the offending key. */
export function readClientMessage(data: Buffer, isBinary: boolean): Read {
  if (isBinary) return bad(null, 'binary frames are not part of the protocol: send JSON as text');
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    return bad(null, 'the message is not JSON');
  }
  const parsed = clientMessage.safeParse(json);
  if (parsed.success) return { id: parsed.data.id, message: parsed.data, problem: null };
  const [issue] = parsed.error.issues;
  const key = issue === undefined || issue.path.length === 0 ? 'message' : issue.path.map(String).join('.');
  return bad(idOf(json), `${key}: ${issue?.message ?? 'not valid'}`);
}

function bad(id: string | null, problem: string): Read {
  return { id, message: null, problem: problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM)}...` : problem };
}

function idOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('id' in json)) return null;
  const { id } = json;
  return typeof id === 'string' && id.length > 0 && id.length <= 64 ? id : null;
}
