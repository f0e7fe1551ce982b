/** The loop of review, live: answers on record become a proposal, and an approved one is put in force. */
import { randomUUID } from 'node:crypto';
import type { PackDecision } from '../domain.ts';
import type { ReviewedItem } from '../domain/review.ts';
import type { Actor } from '../domain/trust.ts';
import { UndertoneError } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { CalibrationRecord, Store } from '../ports/store.ts';
import { calibrationInForce, type CalibrationInForce } from '../core/review/in-force.ts';
import { recalibrate, type RecalibrateOptions, type Recalibration } from '../core/review/recalibrate.ts';
import { reviewedItems } from './reviewed-items.ts';

/** Proposals of a server are drawn by one seed: the same answers give the same proposal. */
const SEED = 1;

/** What is learnt from, and for which pack. */
export interface ReviewLoopDeps {
  readonly store: Pick<Store, 'reviews' | 'calibrations' | 'people'>;
  /** `name@version`. */
  readonly pack: string;
  readonly decision: PackDecision;
  readonly clock: Clock;
  /** Fits; a server does it in a thread of its own, as it takes seconds. Default: here. */
  readonly fit?: FitCalibration;
}

/** `recalibrate` as something that can be sent to a thread: parts are given as a table. */
export type FitCalibration = (
  reviewed: readonly ReviewedItem[],
  options: Omit<RecalibrateOptions, 'roleOf'>,
  roles: ReadonlyMap<string, string>,
) => Promise<Recalibration>;

/** Fit here and now. */
export const fitCalibration: FitCalibration = (reviewed, options, roles) =>
  Promise.resolve(
    recalibrate(reviewed, { ...options, roleOf: (room, participant) => roles.get(`${room}/${participant}`) }),
  );

/** What an open loop needs beside. */
export interface OpenLoopDeps extends ReviewLoopDeps {
  readonly log: Log;
  /** How often another server's approval is looked for, ms. Default 5000. */
  readonly refreshMs?: number;
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
  /** Look for other servers' approvals no more. */
  close(): void;
}

/**
 * Open the loop, with what is on record as active in force.
 * @example
 * const loop = await openReviewLoop({ store, pack: 'default@1.1.7', decision: pack.decision, clock, log });
 * analyse({ broker, ...judging, calibration: loop.inForce });
 */
export async function openReviewLoop(deps: OpenLoopDeps): Promise<ReviewLoop> {
  const { store, pack, clock, log, refreshMs = 5000 } = deps;
  const inForce = calibrationInForce(pack, await store.calibrations.active(pack));
  // one after another, so that what is live is what was put on record last
  let turn: Promise<unknown> = Promise.resolve();
  let proposing = false;

  function inTurn(work: () => Promise<void>): Promise<void> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  /** Another server of the same database may have approved or rolled back. */
  async function refresh(): Promise<void> {
    const now = await store.calibrations.active(pack);
    if (now?.id !== inForce.current()?.id) inForce.swap(now);
  }

  async function propose(actor: Actor): Promise<CalibrationRecord> {
    const { calibration, report } = await recalibrateFrom(deps, { rooms: null, seed: SEED });
    if (calibration === null)
      throw new UndertoneError('conflict', `nothing is proposed: ${report.refusal?.why ?? 'there are no answers'}`);
    const record = { calibration, report: { ...report } };
    await store.calibrations.propose(record, actor);
    return { ...record, status: 'proposed' };
  }

  const timer = setInterval(() => {
    inTurn(refresh).catch((error: unknown) => {
      log.warn({ error }, 'whether another calibration was approved cannot be read: the present one stays');
    });
  }, refreshMs);
  timer.unref();

  return {
    pack,
    inForce,
    active: () => inForce.current()?.id ?? null,
    async propose(actor) {
      if (proposing) throw new UndertoneError('conflict', 'a proposal is being worked out: wait for it');
      proposing = true;
      try {
        return await propose(actor);
      } finally {
        proposing = false;
      }
    },
    activate: (id, actor) =>
      inTurn(async () => {
        await store.calibrations.activate(pack, id, actor, clock.now());
        await refresh();
      }),
    close() {
      clearInterval(timer);
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
  { store, pack, decision, clock, fit = fitCalibration }: ReviewLoopDeps,
  { rooms, ...options }: RecalibrateFromOptions,
): Promise<Recalibration> {
  const reviewed = await reviewedItems(store.reviews, { rooms, pack });
  const roles = await rolesOf(store, reviewed);
  const current = await store.calibrations.active(pack);
  const createdMs = clock.now();
  return fit(reviewed, { ...options, id: randomUUID(), createdMs, pack, decision, current }, roles);
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
