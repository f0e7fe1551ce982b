/** What a room tells people before they join. */
import type { RoomTerms } from '../../src/protocol.ts';
import { connect } from '../connection.ts';

/**
 * Ask the server what joining a room means, over a connection of its own.
 * @throws UndertoneError as `connect`, and `room-not-found`.
 */
export async function readTerms(url: string, token: string, room: string): Promise<RoomTerms> {
  const connection = await connect({ url, token });
  try {
    return await connection.request('room', { room });
  } finally {
    connection.close();
  }
}

/** Roles that are not chosen by a person: the sample clip's, and that of streams which the operator connects. */
const NOBODY = new Set(['sample', 'stream']);

/** The parts that a person may choose from. */
export function rolesOf(terms: RoomTerms): RoomTerms['roles'] {
  return terms.roles.filter(({ role }) => !NOBODY.has(role));
}

/** Whether the room analyses the sample clip, and if not, why. */
export function sampleRefusal({ roles, room }: RoomTerms): string | null {
  const sample = roles.find(({ role }) => role === 'sample');
  return sample === undefined ? `Room ${room} takes no sample clip: it has no role 'sample'.` : sample.because;
}

/** A text of paragraphs that are parted by empty lines. */
export function paragraphs(text: string): readonly string[] {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
}
