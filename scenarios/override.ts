import { parse } from 'yaml';
import { UserError } from '../base/errors.ts';
import { printable, quoted, shortened } from '../base/text.ts';
import { show } from './fields.ts';

/**
 * One change of a scenario, such as `--set path=value`. List entries are named by number, or by their `name` or `kind`.
 * Without a value (or with `null`) the key is removed.
 */
export interface Override {
  /** On one line, what messages about it begin with, e.g. `--set seed=3`. */
  readonly said: string;
  readonly path: readonly string[];
  readonly value: unknown;
  /** From which relative paths in its value start; where stepcast runs, if absent. */
  readonly folder?: string;
  /** Removing what is not there is no mistake. */
  readonly mayBeAbsent?: boolean;
}

/** `cluster.network.link=eth-25g`: the value is YAML, so `[1, 2]` is a list and `4` a number. */
export function parseOverride(argument: string, option = '--set'): Override {
  const said = `${option} ${printable(shortened(argument.replace(/\s+/g, ' '), 200))}`;
  const match = /^\s*([^\s=]+?)\s*=(.*)$/s.exec(argument);
  if (match === null) {
    throw new UserError(`${said}: expected path=value, e.g. --set cluster.workers.accelerator=k40`);
  }
  const path = pathOf(match[1]!, said);
  try {
    return { said, path, value: parse(match[2]!, { logLevel: 'error', prettyErrors: false }) };
  } catch (error) {
    throw new UserError(
      `${said}: not a YAML value: ${printable(shortened((error as Error).message.split('\n')[0]!, 150))}`,
    );
  }
}

/** The keys of `a.b.c`. */
export function pathOf(text: string, said: string): string[] {
  const path = text.split('.');
  if (path.includes('')) throw new UserError(`${said}: the path has an empty part; write it as a.b.c`);
  return path;
}

/**
 * A copy of `target` with the change made, whose path has numbers where it leads through lists. Keys may be new (the
 * schema refuses unknown ones), list entries not.
 */
export function override<O extends Override>(target: unknown, change: O): { value: unknown; change: O } {
  const { value } = change;
  const path = [...change.path];
  const set = (here: unknown, depth: number): unknown => {
    if (depth === path.length) return value;
    const key = path[depth]!;
    const where =
      printable(
        path
          .slice(0, depth)
          .map((part) => shortened(part))
          .join('.'),
      ) || 'the scenario';
    if (Array.isArray(here)) {
      const index = indexIn(here, key);
      if (index < 0)
        throw new UserError(
          `${change.said}: ${where} has no entry ${quoted(key)}; it has ${entryNames(here)}`,
        );
      path[depth] = String(index);
      if (depth === path.length - 1 && (value === null || value === undefined))
        return here.toSpliced(index, 1);
      return here.with(index, set(here[index], depth + 1));
    }
    if (here !== null && here !== undefined && typeof here !== 'object') {
      throw new UserError(`${change.said}: ${where} has no keys; its value is ${show(here)}`);
    }
    const map = { ...here } as Record<string, unknown>;
    if (depth === path.length - 1 && (value === null || value === undefined)) {
      if (!Object.hasOwn(map, key) && change.mayBeAbsent !== true)
        throw new UserError(`${change.said}: ${where} has no ${quoted(key)} to remove`);
      delete map[key];
      return map;
    }
    const inner = set(Object.hasOwn(map, key) ? map[key] : undefined, depth + 1);
    // A plain assignment to __proto__ would not make a key.
    return Object.defineProperty(map, key, {
      value: inner,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  };
  const changed = set(target, 0);
  return { value: changed, change: { ...change, path } };
}

/** The entry of a list that a part of a path names: its number, `name` or `kind`; -1 if there is none. */
export function indexIn(list: readonly unknown[], key: string): number {
  if (/^\d+$/.test(key)) return Number(key) < list.length ? Number(key) : -1;
  const called = list.findIndex((entry) => label(entry, 'name') === key);
  return called >= 0 ? called : list.findIndex((entry) => label(entry, 'kind') === key);
}

/** What entries of a list are called in messages. */
export function entryNames(list: readonly unknown[]): string {
  if (list.length === 0) return 'none';
  const names = list.map((entry, i) => label(entry, 'name') ?? label(entry, 'kind') ?? String(i));
  return names
    .slice(0, 10)
    .map((name) => printable(shortened(name)))
    .join(', ');
}

function label(entry: unknown, key: 'name' | 'kind'): string | undefined {
  const value =
    entry !== null && typeof entry === 'object' ? (entry as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
