/**
 * Krippendorff's alpha: how far raters agree beyond chance, whatever the scale, however many they are and whoever left
 * something out (Krippendorff 2004, "Content Analysis", chapter 11).
 */
import { tally, type Tally, total } from './tally.ts';

/** How unlike two values are, 0 where they are equal; the same both ways. Alpha's squared difference. */
export type Difference<Value> = (one: Value, other: Value) => number;

/** What to compare values by. */
export interface AlphaOptions<Value> {
  readonly difference: Difference<Value>;
  /** Values of one key are the same value. Default `String`. */
  readonly key?: (value: Value) => string;
}

/** 1 where two values are not the same. */
export const nominal: Difference<unknown> = (one, other) => (one === other ? 0 : 1);

/** Squared distance on an interval scale. */
export const interval: Difference<number> = (one, other) => (one - other) ** 2;

/**
 * Ranks: the squared number of values between two, half of those at either end, in these data.
 * @example alpha(units, { difference: ordinal(units) });
 */
export function ordinal(units: readonly (readonly number[])[]): Difference<number> {
  const counts = new Map<number, number>();
  for (const value of pairable(units).flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
  const rising = [...counts.keys()].sort((a, b) => a - b);
  return (one, other) => {
    const [low, high] = one < other ? [one, other] : [other, one];
    const between = rising.filter((value) => value >= low && value <= high);
    const sum = between.reduce((n, value) => n + (counts.get(value) ?? 0), 0);
    return (sum - ((counts.get(low) ?? 0) + (counts.get(high) ?? 0)) / 2) ** 2;
  };
}

/**
 * Distance of two sets: 1 - Jaccard's index times how they lie (1 equal, 2/3 one within the other, 1/3 overlapping, 0
 * disjoint). MASI (Passonneau 2006), 0 to 1; two empty sets are equal.
 * @example masi(new Set(['fear']), new Set(['fear', 'surprise'])); // 2/3
 */
export const masi: Difference<ReadonlySet<string>> = (one, other) => {
  const both = [...one].filter((value) => other.has(value)).length;
  const any = one.size + other.size - both;
  if (any === both) return 0;
  const lie = both === 0 ? 0 : both === one.size || both === other.size ? 2 / 3 : 1 / 3;
  return 1 - (both / any) * lie;
};

/**
 * 1 - observed over expected disagreement: 1 is perfect, 0 is chance, below 0 is worse than chance.
 * @param units the values that raters gave, unit by unit, in any order; who gave nothing is left out.
 * @returns NaN where no unit has two values, or all values are the same.
 * @example alpha([[1, 1], [2, 2, 3]], { difference: nominal });
 */
export function alpha<Value>(units: readonly (readonly Value[])[], options: AlphaOptions<Value>): number {
  return total(alphaTally(units, options));
}

/** `alpha` as a tally over units, for `bootstrap`: resampling draws whole units. */
export function alphaTally<Value>(
  units: readonly (readonly Value[])[],
  { difference, key = String }: AlphaOptions<Value>,
): Tally<number> {
  const distinct = new Map<string, Value>();
  for (const value of pairable(units).flat()) if (!distinct.has(key(value))) distinct.set(key(value), value);
  const values = [...distinct.values()];
  const place = new Map([...distinct.keys()].map((name, c) => [name, c]));
  const differences = values.map((one) => values.map((other) => difference(one, other)));
  const between = (c: number, k: number) => differences[c]?.[k] ?? NaN;
  // a unit adds its disagreement, then how often it has each value
  return tally(
    units.length,
    values.length + 1,
    (row, u) => {
      const unit = units[u] ?? [];
      if (unit.length < 2) return;
      const places = unit.map((value) => place.get(key(value)) ?? 0);
      for (const c of places) {
        row[c + 1] = (row[c + 1] ?? 0) + 1;
        for (const k of places) row[0] = (row[0] ?? 0) + between(c, k) / (unit.length - 1);
      }
    },
    ([disagreement = NaN, ...counts]) => {
      const n = counts.reduce((sum, count) => sum + count, 0);
      let chance = 0;
      counts.forEach((count, c) => {
        if (count > 0) counts.forEach((others, k) => (chance += count * others * between(c, k)));
      });
      return chance === 0 ? NaN : 1 - ((n - 1) * disagreement) / chance;
    },
  );
}

function pairable<Value>(units: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  return units.filter((unit) => unit.length >= 2);
}
