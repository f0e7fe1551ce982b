/** Numbers and times as the page writes them: always of one width. */

/** A probability with two digits, for example `0.81`. */
export function two(probability: number): string {
  return probability.toFixed(2);
}

/** A score on [-1, 1] with its sign and two digits, for example `+0.47` or `−0.20`. */
export function signed(score: number): string {
  return `${score < 0 ? '−' : '+'}${Math.abs(score).toFixed(2)}`;
}

/** Time of day in the browser's zone, for example `14:02:11`. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => part.toString().padStart(2, '0')).join(':');
}

/** A duration in whole seconds up to two minutes, then in minutes: `12 s`, `3 min`. */
export function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.floor(ms / 1000).toString()} s` : `${Math.floor(ms / 60_000).toString()} min`;
}

/** A share of a hundred as it was given, for example `5 %` or `2.5 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}

/** A share in whole percent, for example `61 %`; never `0 %` or `100 %` of what is only nearly so. */
export function share(part: number): string {
  const whole = part > 0 && part < 1 ? Math.min(99, Math.max(1, Math.round(100 * part))) : 100 * part;
  return `${whole.toString()} %`;
}
