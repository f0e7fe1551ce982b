/** Operations on calibrations by reviewers. */
import type { Actor } from '../../domain/trust.ts';
import type { CalibrationRecord, CalibrationStore } from '../../ports/store.ts';
import type { Clock } from '../../ports.ts';
import type { Handlers } from './handlers.ts';

/** What the calibration operations need. */
export interface CalibrationDeps {
  readonly calibrations: Pick<CalibrationStore, 'all' | 'dismiss'>;
  readonly clock: Clock;
  readonly loop: {
    /** `name@version` of the pack that judges. */
    readonly pack: string;
    /** The calibration in force. */
    active(): string | null;
    /** @throws UndertoneError `conflict` with the reason where nothing better can be proposed. */
    propose(actor: Actor): Promise<CalibrationRecord>;
    /** Put one in force, on record and live. @throws UndertoneError `not-found`, `conflict`. */
    activate(id: string | null, actor: Actor): Promise<void>;
  };
}

/** Handlers of calibrations. */
export function calibrationHandlers({
  calibrations,
  clock,
  loop,
}: CalibrationDeps): Handlers<'calibrations' | 'propose' | 'activate' | 'dismiss'> {
  return {
    async calibrations() {
      return { pack: loop.pack, active: loop.active(), calibrations: await calibrations.all(loop.pack) };
    },
    propose: ({ caller }) => loop.propose(caller.actor),
    async activate({ caller, body: { id } }) {
      await loop.activate(id, caller.actor);
      return { active: loop.active() };
    },
    async dismiss({ caller, params: { id } }) {
      await calibrations.dismiss(id, caller.actor, clock.now());
      return null;
    },
  };
}
