import { mean } from '../../base/statistics.ts';
import { type Dimension, parseQuantity } from '../../base/units.ts';
import type { ParameterEffect } from '../results.ts';

/** Labels that are told apart, and values; more values are gathered into as many groups of neighbours. */
const MOST_SERIES = 8;
const MOST_VALUES = 40;
const GROUPS = 20;

/** A value as it is shown and compared: text as it is, anything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Samples per second of runs by one parameter, gathered run by run. */
export class EffectGatherer {
  readonly #parameter: string;
  readonly #values = new Map<string, { readonly value: unknown; readonly at: number }>();
  /** By label, then by number of the value. */
  readonly #rates = new Map<string, number[][]>();

  constructor(parameter: string) {
    this.#parameter = parameter;
  }

  add(value: unknown, label: string, samplesPerSecond: number | null): void {
    const text = valueText(value);
    const { at } = this.#values.get(text) ?? { at: this.#values.size };
    this.#values.set(text, { value, at });
    if (samplesPerSecond === null) return;
    const ofLabel = this.#rates.get(label) ?? [];
    this.#rates.set(label, ofLabel);
    ofLabel[at] ??= [];
    ofLabel[at].push(samplesPerSecond);
  }

  get(): ParameterEffect {
    const texts = [...this.#values.keys()];
    const quantities = inOneUnit([...this.#values.values()].map(({ value }) => value));
    const order = texts.map((_, i) => [i]);
    if (quantities !== undefined) order.sort(([a], [b]) => quantities[a!]! - quantities[b!]!);
    const groups = quantities === undefined ? order : gathered(order);
    const series = [...this.#rates].map(([label, rates]) => {
      const ofGroups = groups.map((group) => group.flatMap((i) => rates[i] ?? []));
      const all = ofGroups.flat();
      const column = (of: (rates: readonly number[]) => number): (number | null)[] =>
        ofGroups.map((rates) => (rates.length === 0 ? null : of(rates)));
      return {
        overall: mean(all),
        label,
        mean: column(mean),
        least: column((rates) => rates.reduce((least, rate) => Math.min(least, rate))),
        most: column((rates) => rates.reduce((most, rate) => Math.max(most, rate))),
        runs: ofGroups.map(({ length }) => length),
      };
    });
    series.sort((a, b) => b.overall - a.overall);
    return {
      parameter: this.#parameter,
      values: groups.map((group) =>
        group.length === 1 ? texts[group[0]!]! : `${texts[group[0]!]} … ${texts[group.at(-1)!]}`,
      ),
      numbers:
        quantities === undefined ? null : groups.map((group) => mean(group.map((i) => quantities[i]!))),
      series: series.slice(0, MOST_SERIES).map(({ overall: _, ...shown }) => shown),
    };
  }
}

/** Neighbours together, in groups of about one size, where there are many. */
function gathered(order: readonly number[][]): number[][] {
  if (order.length <= MOST_VALUES) return [...order];
  return Array.from({ length: GROUPS }, (_, g) =>
    order
      .slice(Math.round((g * order.length) / GROUPS), Math.round(((g + 1) * order.length) / GROUPS))
      .flat(),
  );
}

const DIMENSIONS: readonly Dimension[] = [
  'bytes/s',
  'seconds',
  'bytes',
  'flop/s',
  'watts',
  'hertz',
  'dollars/h',
];

/** Numbers as they are, quantities in their base unit; undefined where values are neither, or of several dimensions. */
function inOneUnit(values: readonly unknown[]): number[] | undefined {
  if (values.every((value) => typeof value === 'number')) return [...values];
  if (!values.every((value) => typeof value === 'string')) return undefined;
  for (const dimension of DIMENSIONS) {
    try {
      return values.map((value) => parseQuantity(value, dimension));
    } catch {
      // Of another dimension, or no quantities.
    }
  }
  return undefined;
}

/** How much more the best value gives than the worst, by the label for which that is most; 1 where it does not matter. */
export function strengthOf({ series }: ParameterEffect): number {
  const ratios = series.map(({ mean }) => {
    const known = mean.filter((rate) => rate !== null);
    const least = Math.min(...known);
    return known.length === 0 || least === 0 ? 1 : Math.max(...known) / least;
  });
  return Math.max(1, ...ratios);
}
