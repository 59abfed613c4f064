import { formatInteger } from '../../base/format.ts';
import type { Control, ControlStop } from '../results.ts';

/* What controls are put together from. */

export interface Stop<T> {
  readonly value: T;
  readonly text: string;
  readonly set: readonly string[];
}

/** Of a value among those that a control offers: `set` changes the scenario to it, and nothing is changed where it is there already. */
export function listControl<T>(
  id: string,
  name: string,
  stops: readonly Stop<T>[],
  start: T,
  kind: Control['kind'] = 'list',
): Control | undefined {
  const at = stops.findIndex(({ value }) => value === start);
  if (at < 0 || stops.length < 2) return undefined;
  return { id, name, kind, stops: stops.map(stopOf), start: at, onlyWith: null };
}

/** The same for numbers in ascending order, that of the beginning among them. */
export function sliderControl(
  id: string,
  name: string,
  stops: readonly Stop<number>[],
  start: number,
): Control | undefined {
  const byValue = new Map(stops.map((stop) => [stop.value, stop]));
  const sorted = [...byValue.values()].sort((a, b) => a.value - b.value);
  return listControl(id, name, sorted, start, 'slider');
}

function stopOf({ text, set }: Stop<unknown>): ControlStop {
  return { text, set, placementOf: null };
}

/** YAML of a value on one line, as `--set` takes it. */
export const flow = (value: unknown): string => JSON.stringify(value);

/** Numbers 1, 2, 5, 10, … or 1, 2, 4, 8, … from `least` to `most`. */
export function steps(least: number, most: number, factors: readonly number[] = [2]): number[] {
  const found: number[] = [];
  for (let value = least, i = 0; value <= most; value *= factors[i++ % factors.length]!) found.push(value);
  return found;
}

const MOST_BATCH = 65_536;

/** The batch of the model of the experiment at the path `at`: around what it is, in powers of two. */
export function batchControl(at: string, name: string, batch: number): Control | undefined {
  const values = [...steps(1, Math.min(MOST_BATCH, 8 * batch)), batch].filter((value) => 16 * value >= batch);
  return sliderControl(
    'batch',
    name,
    values.map((value) => ({
      value,
      text: formatInteger(value),
      set: value === batch ? [] : [`${at}.model.batch=${value}`],
    })),
    batch,
  );
}
