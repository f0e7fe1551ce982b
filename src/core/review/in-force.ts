/** Which calibration by reviewers is in force: what analysis asks once a window, and approval swaps. */
import type { ReviewCalibration } from '../../domain/review.ts';
import { UndertoneError } from '../../errors.ts';

/** The calibration in force of one pack. */
export interface CalibrationInForce {
  /** `name@version` of the pack that it is for. */
  readonly pack: string;
  /** Null: none, the pack speaks as it was made. */
  current(): ReviewCalibration | null;
  /**
   * Put another one, or none, in force. One assignment: a window is judged wholly under the one or wholly under the other, and
   * none waits. Swapping back what is returned rolls back.
   * @returns the one that was in force.
   * @throws UndertoneError `conflict` for a calibration of another pack; the one in force stays.
   * @example const before = holder.swap(approved);
   */
  swap(next: ReviewCalibration | null): ReviewCalibration | null;
}

/**
 * A holder, with nothing in force unless `first` is given.
 * @param pack `name@version`.
 * @throws UndertoneError `conflict` where `first` is of another pack.
 * @example const holder = calibrationInForce('default@1.1.7', await store.calibrations.active('default@1.1.7'));
 */
export function calibrationInForce(pack: string, first: ReviewCalibration | null = null): CalibrationInForce {
  let current: ReviewCalibration | null = null;
  const holder: CalibrationInForce = {
    pack,
    current: () => current,
    swap(next) {
      if (next !== null) checkPack(pack, next);
      const before = current;
      current = next;
      return before;
    },
  };
  holder.swap(first);
  return holder;
}

/** @throws UndertoneError `conflict` where a calibration is of another pack than `pack`. */
export function checkPack(pack: string, calibration: { readonly pack: string; readonly id?: string }): void {
  if (calibration.pack === pack) return;
  const which = calibration.id === undefined ? 'a calibration' : `calibration ${calibration.id}`;
  throw new UndertoneError(
    'conflict',
    `${which} was fitted on what ${calibration.pack} said and cannot judge with ${pack}: run recalibrate with ${pack}`,
  );
}
