import { parse } from 'yaml';
import { UserError } from '../base/errors.ts';
import { printable, quoted, shortened } from '../base/text.ts';
import { show } from './fields.ts';

/**
 * One `--set path=value`. List entries are named by number, or by their `name` or `kind`. Without a value (or with
 * `null`) the key is removed.
 */
export interface Override {
  /** As given, on one line. */
  readonly text: string;
  /** Resolved to numbers where it leads through lists, once applied. */
  path: string[];
  readonly value: unknown;
}

/** `cluster.network.link=eth-25g`: the value is YAML, so `[1, 2]` is a list and `4` a number. */
export function parseOverride(argument: string): Override {
  const text = printable(shortened(argument.replace(/\s+/g, ' '), 200));
  const match = /^\s*([^\s=]+?)\s*=(.*)$/s.exec(argument);
  if (match === null) {
    throw new UserError(`--set ${text}: expected path=value, e.g. --set cluster.workers.accelerator=k40`);
  }
  const path = match[1]!.split('.');
  if (path.includes('')) throw new UserError(`--set ${text}: the path has an empty part; write it as a.b.c`);
  try {
    return { text, path, value: parse(match[2]!, { logLevel: 'error', prettyErrors: false }) };
  } catch (error) {
    throw new UserError(
      `--set ${text}: not a YAML value: ${printable(shortened((error as Error).message.split('\n')[0]!, 150))}`,
    );
  }
}

/** A copy of `target` with the change made. Keys may be new (the schema refuses unknown ones), list entries not. */
export function override(target: unknown, change: Override): unknown {
  const set = (here: unknown, depth: number): unknown => {
    const { path, value, text } = change;
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
        throw new UserError(`--set ${text}: ${where} has no entry ${quoted(key)}; it has ${entries(here)}`);
      path[depth] = String(index);
      return here.with(index, set(here[index], depth + 1));
    }
    if (here !== null && here !== undefined && typeof here !== 'object') {
      throw new UserError(`--set ${text}: ${where} has no keys; its value is ${show(here)}`);
    }
    const map = { ...here } as Record<string, unknown>;
    if (depth === path.length - 1 && (value === null || value === undefined)) {
      if (!Object.hasOwn(map, key))
        throw new UserError(`--set ${text}: ${where} has no ${quoted(key)} to remove`);
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
  return set(target, 0);
}

function indexIn(list: readonly unknown[], key: string): number {
  if (/^\d+$/.test(key)) return Number(key) < list.length ? Number(key) : -1;
  const called = list.findIndex((entry) => label(entry, 'name') === key);
  return called >= 0 ? called : list.findIndex((entry) => label(entry, 'kind') === key);
}

function entries(list: readonly unknown[]): string {
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
