/** The loop of review, live: answers on record become a proposal, and an approved one is put in force. */
import { randomUUID } from 'node:crypto';
import type { PackDecision } from '../domain.ts';
import type { ReviewedItem } from '../domain/review.ts';
import type { Actor } from '../domain/trust.ts';
import { UndertoneError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { CalibrationRecord, Store } from '../ports/store.ts';
import { calibrationInForce, type CalibrationInForce } from '../core/review/in-force.ts';
import { recalibrate, type Recalibration } from '../core/review/recalibrate.ts';

/** Items read from the store at a time. */
const PAGE = 500;
/** Proposals of a server are drawn by one seed: the same answers give the same proposal. */
const SEED = 1;

/** What is learnt from, and for which pack. */
export interface ReviewLoopDeps {
  readonly store: Pick<Store, 'reviews' | 'calibrations' | 'people'>;
  /** `name@version`. */
  readonly pack: string;
  readonly decision: PackDecision;
  readonly clock: Clock;
}

/** The loop of one server. */
export interface ReviewLoop {
  /** `name@version` of the pack that judges. */
  readonly pack: string;
  /** What analysis asks once a window. */
  readonly inForce: CalibrationInForce;
  /** Id of the calibration in force. */
  active(): string | null;
  /**
   * Fit a calibration on all answers, and put it on record as proposed.
   * @throws UndertoneError `conflict` with the reason where nothing can be proposed; `store-unavailable`.
   */
  propose(actor: Actor): Promise<CalibrationRecord>;
  /**
   * Put a calibration, or none, in force: on record first, then live, from the next window on.
   * @throws UndertoneError `not-found`, `conflict` for one of another pack, `store-unavailable`; what was in force stays.
   */
  activate(id: string | null, actor: Actor): Promise<void>;
}

/**
 * Open the loop, with what is on record as active in force.
 * @example
 * const loop = await openReviewLoop({ store, pack: 'default@1.1.7', decision: pack.decision, clock });
 * analyse({ broker, ...judging, calibration: loop.inForce });
 */
export async function openReviewLoop(deps: ReviewLoopDeps): Promise<ReviewLoop> {
  const { store, pack, clock } = deps;
  const inForce = calibrationInForce(pack, await store.calibrations.active(pack));
  // one after another, so that what is live is what was put on record last
  let turn: Promise<unknown> = Promise.resolve();
  return {
    pack,
    inForce,
    active: () => inForce.current()?.id ?? null,
    async propose(actor) {
      const found = await recalibrateFrom(deps, { rooms: null, seed: SEED });
      const { calibration, report } = found;
      if (calibration === null)
        throw new UndertoneError('conflict', `nothing is proposed: ${report.refusal?.why ?? 'there are no answers'}`);
      const record = { calibration, report: { ...report } };
      await store.calibrations.propose(record, actor);
      return { ...record, status: 'proposed' };
    },
    activate(id, actor) {
      const next = turn.then(async () => {
        await store.calibrations.activate(pack, id, actor, clock.now());
        inForce.swap(await store.calibrations.active(pack));
      });
      turn = next.catch(() => undefined);
      return next;
    },
  };
}

/** Which answers, and how they are drawn. */
export interface RecalibrateFromOptions {
  /** Null: all. */
  readonly rooms: readonly string[] | null;
  readonly seed: number;
  readonly risk?: number;
}

/** Fit on the answers that are on record, against what is active now. */
export async function recalibrateFrom(
  { store, pack, decision, clock }: ReviewLoopDeps,
  { rooms, ...options }: RecalibrateFromOptions,
): Promise<Recalibration> {
  const reviewed = await allReviewed(store, { rooms, pack });
  const roles = await rolesOf(store, reviewed);
  return recalibrate(reviewed, {
    ...options,
    id: randomUUID(),
    createdMs: clock.now(),
    pack,
    decision,
    current: await store.calibrations.active(pack),
    roleOf: (room, participant) => roles.get(`${room}/${participant}`),
  });
}

/** Every item with an answer, oldest first. */
export async function allReviewed(
  { reviews }: Pick<Store, 'reviews'>,
  query: { readonly rooms: readonly string[] | null; readonly pack?: string },
): Promise<readonly ReviewedItem[]> {
  const all: ReviewedItem[] = [];
  for (;;) {
    const last = all.at(-1)?.item;
    const after = last && { createdMs: last.createdMs, id: last.id };
    const page = await reviews.reviewed({ ...query, limit: PAGE, ...(after && { after }) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** The part that each person had when they agreed, by `room/participant`. */
async function rolesOf(
  { people }: Pick<Store, 'people'>,
  reviewed: readonly ReviewedItem[],
): Promise<ReadonlyMap<string, string>> {
  const refs = new Map(
    reviewed.map(({ item: { room, participant } }) => [`${room}/${participant}`, { room, participant }]),
  );
  const roles = new Map<string, string>();
  for (const [key, ref] of refs) {
    const [latest] = await people.consents(ref);
    if (latest) roles.set(key, latest.role);
  }
  return roles;
}
