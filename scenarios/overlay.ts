import { UserError } from '../base/errors.ts';
import { quoted } from '../base/text.ts';
import { entryOf, type Origin, placeIn, type Sourced, withEntry, withoutIndex } from './origin.ts';
import { entryNames, indexIn } from './override.ts';

/**
 * `base` with `over` laid on it: maps are merged key by key, null removes a key, and anything else replaces what was
 * there (RFC 7396, JSON Merge Patch). Beyond that, a map laid over a list changes, or removes, the entries that it names, by
 * number, `name` or `kind`.
 *
 * @throws UserError where a list has no such entry.
 */
export function overlay(base: Sourced, over: Sourced): Sourced {
  if (!isMap(over.value)) return over;
  if (Array.isArray(base.value)) return overList(base, base.value, over);
  if (!isMap(base.value)) return withoutNulls(over);
  const merged: Record<string, unknown> = {};
  const entries = new Map<string, Origin>();
  const put = (key: string, { value, origin }: Sourced): void => {
    setKey(merged, key, value);
    entries.set(key, origin);
  };
  for (const key of Object.keys(base.value)) {
    if (!Object.hasOwn(over.value, key)) put(key, entry(base, key));
    else if (over.value[key] !== null) put(key, overlay(entry(base, key), entry(over, key)));
  }
  for (const [key, value] of Object.entries(over.value)) {
    if (!Object.hasOwn(base.value, key) && value !== null) put(key, withoutNulls(entry(over, key)));
  }
  return { value: merged, origin: { ...over.origin, entries } };
}

function overList(base: Sourced, list: readonly unknown[], over: Sourced): Sourced {
  let merged: Sourced = base;
  const removed: number[] = [];
  for (const [key, change] of Object.entries(over.value as object)) {
    const index = indexIn(list, key);
    if (index < 0) {
      const { place } = placeIn(over.origin, [key], true);
      throw new UserError(
        `${place.text}: the list that this changes has no entry ${quoted(key)}; it has ${entryNames(list)}`,
      );
    }
    if (change === null) {
      removed.push(index);
      continue;
    }
    const { value, origin } = overlay(entry(merged, index), entry(over, key));
    merged = {
      value: (merged.value as unknown[]).with(index, value),
      origin: withEntry(merged.origin, [index], origin),
    };
  }
  for (const index of removed.sort((a, b) => b - a)) {
    const value = (merged.value as unknown[]).toSpliced(index, 1);
    merged = { value, origin: withoutIndex(merged.origin, index, value.length) };
  }
  return merged;
}

/** Nothing is there that a null of a new map could remove. */
function withoutNulls(sourced: Sourced): Sourced {
  return isMap(sourced.value) ? overlay({ value: {}, origin: sourced.origin }, sourced) : sourced;
}

function entry({ value, origin }: Sourced, key: string | number): Sourced {
  return { value: (value as Record<string, unknown>)[key], origin: entryOf(origin, key) };
}

/** `map[key] = value`, whatever the key. */
export function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  // A plain assignment to __proto__ would not make a key.
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
