import type { ParticipantRef } from '../../domain.ts';
import type { ConsentRecord } from '../../domain/trust.ts';
import { withAnnotations } from './annotations.ts';
import { segmentOf, verdictOf } from './scores.ts';
import type { Queries } from './tables.ts';

/**
 * Everything that is kept of one person. Who reviewed is left out: that is about somebody else; answers are in the order in
 * which they came.
 */
export async function exportPerson(
  db: Queries,
  ref: ParticipantRef,
  consents: readonly ConsentRecord[],
): Promise<Readonly<Record<string, unknown>>> {
  const { room, participant } = ref;
  const segments = await db
    .selectFrom('segments')
    .selectAll()
    .where('room', '=', room)
    .where('participant', '=', participant)
    .orderBy('end_ms')
    .execute();
  const verdicts = await db
    .selectFrom('verdicts')
    .selectAll()
    .where('room', '=', room)
    .where('participant', '=', participant)
    .orderBy('end_ms')
    .execute();
  const items = await db
    .selectFrom('items')
    .selectAll()
    .where('room', '=', room)
    .where('participant', '=', participant)
    .orderBy('created_ms')
    .execute();
  const reviewed = await withAnnotations(db, items);
  return {
    room,
    participant,
    consents,
    segments: segments.map(segmentOf),
    verdicts: verdicts.map(verdictOf),
    reviews: reviewed.map(({ item, annotations }) => ({
      item,
      answers: annotations.map(({ atMs, labels, cannotTell, attributes }) => ({
        atMs,
        labels,
        cannotTell,
        attributes,
      })),
    })),
  };
}
