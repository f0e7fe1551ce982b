/**
 * Admission: how much of what participants send is judged, so that verdicts come in time whatever the load. A host that
 * cannot keep up first cuts windows less often, then judges only some of them, everyone alike, and says so.
 */
import { BehaviorSubject, Observable, Subject, distinctUntilChanged, interval, map } from 'rxjs';
import { GROUND, climb, utilisation } from '../src/core/admission/controller.ts';
import { NO_COST, costOf, readCost } from '../src/core/admission/cost.ts';
import { hopNumber, isTurn, ladderOf, shareOn, turnOf } from '../src/core/admission/ladder.ts';
import type { Rung, Turn } from '../src/core/admission/ladder.ts';
import { planFor } from '../src/core/admission/plan.ts';
import type { Plan } from '../src/core/admission/plan.ts';
import type { HostLoad, ParticipantRef, Window } from '../src/domain.ts';
import type { Clock, Inference, Log, Meter } from '../src/ports.ts';

/** What admission needs. */
export interface AdmissionDeps {
  readonly inference: Pick<Inference, 'status'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** The configured hop and the longest, ms. */
  readonly hopMs: number;
  readonly maxHopMs: number;
  /** How long a window may wait for a worker, ms. */
  readonly waitMs: number;
}

/** Admission to one host's workers. */
export interface Admission {
  /** Somebody has come whose windows are cut on this host: when to cut them, until unsubscribed from. */
  turns(ref: ParticipantRef): Observable<Turn>;
  /** Whether a window is judged on the rung in force; to be asked once of each. What has nothing to judge costs nothing. */
  admits(window: Window): boolean;
  /** What may wait now. */
  readonly plan: Plan;
  /** A window that was admitted was given to the workers, or was skipped because it would have waited too long. */
  told(outcome: 'begun' | 'skipped'): void;
  /** How far the host has fallen back: now, and whenever that changes. */
  readonly load: Observable<HostLoad>;
  /** Emits as often as costs are read. */
  readonly ticks: Observable<unknown>;
  close(): void;
}

/** How often costs are read, ms. */
const TICK_MS = 250;
/** Somebody of whom there was nothing to judge for so long asks for nothing, ms. */
const QUIET_MS = 10_000;
/** Time in which what was skipped for waiting loses half of its weight, ms. */
const HALF_LIFE_MS = 3000;
/** Waiting is too long where more than this share of windows, and more than these, were skipped for it. */
const CROWDED = { share: 0.1, windows: 1.5 };

interface Seat {
  readonly number: number;
  /** When there was something to judge last. */
  heardMs: number;
}

/**
 * Start to watch over a host's workers.
 * @example
 * const admission = createAdmission({ inference, clock, meter, log, hopMs: 500, maxHopMs: 3000, waitMs: 500 });
 * analyse({ broker, admission, ...judging }).subscribe();
 * ingest(source, { ...deps, turns: admission.turns(source.ref) });
 */
export function createAdmission(deps: AdmissionDeps): Admission {
  const { inference, clock, meter, log, hopMs, maxHopMs, waitMs } = deps;
  const ladder = ladderOf({ hopMs, maxHopMs });
  const ground = ladder[0] ?? { stride: 1, oneIn: 1 };
  const seats = new Map<string, Seat>();
  const rung = new BehaviorSubject<Rung>(ground);
  const ticks = new Subject<null>();
  let position = GROUND;
  let costs = NO_COST;
  let plan = planFor(costOf(costs), waitMs, { windowsPerSecond: 0, isReduced: false });
  let begun = 0;
  let skipped = 0;
  let lastMs = clock.now();

  const tick = (): void => {
    const nowMs = clock.now();
    costs = readCost(costs, inference.status().windows, nowMs);
    const cost = costOf(costs);
    const asking = [...seats.values()].filter(({ heardMs }) => nowMs - heardMs < QUIET_MS).length;
    const crowded = skipped > CROWDED.windows && skipped > CROWDED.share * (begun + skipped);
    const windowsPerSecond = (asking * 1000) / hopMs;
    const demand = { ...cost, secondsPerWindow: cost.hopedSeconds, windowsPerSecond, crowded };
    position = climb(ladder, position, demand, nowMs);
    const fade = 2 ** ((lastMs - nowMs) / HALF_LIFE_MS);
    [begun, skipped, lastMs] = [begun * fade, skipped * fade, nowMs];
    const next = ladder[position.rung] ?? ground;
    const isReduced = position.rung > 0;
    plan = planFor(cost, waitMs, { windowsPerSecond: windowsPerSecond * shareOn(next), isReduced });
    const predicted = utilisation(next, demand);
    meter.gauge('undertone_hop_seconds', (next.stride * hopMs) / 1000);
    meter.gauge('undertone_judged_share', 1 / next.oneIn);
    meter.gauge('undertone_predicted_utilisation', predicted);
    if (next !== rung.value) {
      const facts = { ...loadOn(next), participants: asking, secondsPerWindow: cost.secondsPerWindow, predicted };
      if (shareOn(next) < shareOn(rung.value))
        log.warn({ ...facts, crowded }, 'the host cannot keep up: fewer windows are judged');
      else log.info(facts, 'the host has time again: more windows are judged');
      rung.next(next);
    }
    ticks.next(null);
  };
  const loadOn = ({ stride, oneIn }: Rung): HostLoad => ({ hopMs: stride * hopMs, oneIn });
  tick();
  const ticking = interval(TICK_MS).subscribe(tick);

  return {
    turns: (ref) =>
      new Observable<Turn>((subscriber) => {
        const key = keyOf(ref);
        const taken = new Set([...seats.values()].map(({ number }) => number));
        let number = 0;
        while (taken.has(number)) number++;
        const seat = { number, heardMs: -Infinity };
        seats.set(key, seat);
        const subscription = rung.pipe(map((each) => turnOf(number, each))).subscribe(subscriber);
        return () => {
          subscription.unsubscribe();
          if (seats.get(key) === seat) seats.delete(key);
        };
      }),
    admits(window) {
      const seat = seats.get(keyOf(window));
      if (seat === undefined || (window.voice === null && window.face === null)) return true;
      seat.heardMs = clock.now();
      // Also of windows that were cut in the rhythm before this one.
      if (rung.value.oneIn === 1) return true;
      return isTurn(hopNumber(window.startMs, hopMs), turnOf(seat.number, rung.value));
    },
    get plan() {
      return plan;
    },
    told(outcome) {
      if (outcome === 'begun') begun++;
      else skipped++;
    },
    load: rung.pipe(
      distinctUntilChanged(),
      map((each) => loadOn(each)),
    ),
    ticks,
    close() {
      ticking.unsubscribe();
      rung.complete();
      ticks.complete();
    },
  };
}

const keyOf = ({ room, participant }: ParticipantRef): string => JSON.stringify([room, participant]);
