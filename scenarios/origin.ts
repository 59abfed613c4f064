import { dirname } from 'node:path';
import { at, find, type Path, type Place, type YamlText } from './yaml-text.ts';

/** Where a value stands: in which text, at which path of it. */
export interface Origin {
  readonly text: YamlText;
  readonly path: Path;
  /** Those of its entries that stand elsewhere, by their keys. */
  readonly entries?: ReadonlyMap<string, Origin>;
}

/** Plain data with its origin. */
export interface Sourced {
  readonly value: unknown;
  readonly origin: Origin;
}

/** Where the entry `key` of what is at `origin` stands. */
export function entryOf(origin: Origin, key: PropertyKey): Origin {
  return origin.entries?.get(String(key)) ?? { text: origin.text, path: [...origin.path, key] };
}

/** `origin` with the entry at `path` from elsewhere. */
export function withEntry(origin: Origin, path: Path, other: Origin): Origin {
  const [key, ...rest] = path;
  if (key === undefined) return other;
  const entry = withEntry(entryOf(origin, key), rest, other);
  return { ...origin, entries: new Map(origin.entries).set(String(key), entry) };
}

/** Of a list without the entry at `index`, which leaves so many. */
export function withoutIndex(list: Origin, index: number, left: number): Origin {
  const entries = Array.from({ length: left }, (_, i): [string, Origin] => [
    String(i),
    entryOf(list, i < index ? i : i + 1),
  ]);
  return { ...list, entries: new Map(entries) };
}

/** The place of the deepest node on `path` that there is, and how many keys of the path lead to it. */
export function placeIn(origin: Origin, path: Path, isKey: boolean): { place: Place; depth: number } {
  let here = origin;
  let depth = 0;
  for (; depth < path.length; depth++) {
    const next = here.entries?.get(String(path[depth]));
    if (next === undefined) break;
    here = next;
  }
  const { offset, depth: found } = find(here.text, [...here.path, ...path.slice(depth)], isKey);
  const place = { text: at(offset, here.text), offset, file: here.text.file };
  return { place, depth: depth + Math.max(0, found - here.path.length) };
}

/** The folder that relative paths in a text start from; where stepcast runs, if it came through a pipe. */
export function folderOf({ file }: YamlText): string {
  return file.startsWith('/dev/') ? '.' : dirname(file);
}
