import { unknownName } from '../base/errors.ts';
import { quoted } from '../base/text.ts';
import { show } from './fields.ts';
import { isMap, setKey } from './overlay.ts';
import type { Path } from './yaml-text.ts';

/*
 * `variables: { accelerator: k40 }` and `${accelerator}`: a text that is nothing else takes the value of the variable
 * with its type; within other text its characters are inserted. `$${` stands for `${`.
 */

/** A mistake at a path of the scenario. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** What variables may make of a scenario. */
const MOST_VALUES = 100_000;
const MOST_CHARACTERS = 100_000;

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const MENTION = /\$\$\{|\$\{([^}]*)\}?/g;

/** The variables of a scenario by name, and what they are worth. */
export class Variables {
  readonly problems: Problem[] = [];
  readonly #uses = new Map<string, readonly string[]>();
  readonly #written: Readonly<Record<string, unknown>>;
  readonly #values = new Map<string, unknown>();
  readonly #pending: string[] = [];
  /** Values that variables made so far. */
  #made = 0;

  constructor(written: unknown) {
    if (written !== undefined && written !== null && !isMap(written)) {
      this.problems.push({ path: ['variables'], message: `expected a map of keys, got ${show(written)}` });
    }
    this.#written = isMap(written) ? written : {};
    for (const name of Object.keys(this.#written)) {
      if (NAME.test(name)) continue;
      const message = 'expected a name of letters, digits, "-" and "_" that begins with a letter';
      this.problems.push({ path: ['variables', name], message });
    }
  }

  get names(): string[] {
    return Object.keys(this.#written);
  }

  /** The known variables that made what is at `path`. */
  namesAt(path: Path): readonly string[] {
    for (let depth = path.length; depth > 0; depth--) {
      const names = this.#uses.get(path.slice(0, depth).join('.'));
      if (names !== undefined) return names.filter((name) => Object.hasOwn(this.#written, name));
    }
    return [];
  }

  /** `value` with what its texts mention put in. Problems are collected. */
  substitute(value: unknown, path: Path = []): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#text(value, path) : value;
    if (Array.isArray(value)) {
      const list = value.map((entry, i) => this.substitute(entry, [...path, i]));
      return list.some((entry, i) => entry !== value[i]) ? list : value;
    }
    if (!isMap(value)) return value;
    let changed: Record<string, unknown> | undefined;
    for (const [key, entry] of Object.entries(value)) {
      const made = this.substitute(entry, [...path, key]);
      if (made === entry) continue;
      changed ??= { ...value };
      setKey(changed, key, made);
    }
    return changed ?? value;
  }

  #text(text: string, path: Path): unknown {
    const names: string[] = [];
    const problem = (message: string): undefined => {
      this.problems.push({ path, message });
    };
    const [whole, only] = /^\$\{([^}]*)\}$/.exec(text) ?? [];
    let made: unknown;
    if (whole !== undefined) {
      names.push(only!);
      if (this.#made > MOST_VALUES) return undefined;
      made = this.#valueOf(only!, problem);
      this.#made += sizeOf(made);
      if (this.#made > MOST_VALUES) problem(`variables make more than ${MOST_VALUES} values of the scenario`);
    } else {
      made = text.replaceAll(MENTION, (mention: string, name: string | undefined) => {
        if (name === undefined) return '${';
        if (!mention.endsWith('}')) {
          problem('"${" without its "}"; write "$${" for the two characters');
          return mention;
        }
        names.push(name);
        const value = this.#valueOf(name, problem);
        if (typeof value === 'object' && value !== null)
          problem(`variable ${quoted(name)} is ${show(value)}, which cannot stand within text`);
        return String(value);
      });
      if ((made as string).length > MOST_CHARACTERS) {
        problem(`variables make a text of more than ${MOST_CHARACTERS} characters`);
        made = '';
      }
    }
    this.#uses.set(path.join('.'), names);
    return made;
  }

  #valueOf(name: string, problem: (message: string) => void): unknown {
    if (this.#values.has(name)) return this.#values.get(name);
    if (!Object.hasOwn(this.#written, name)) {
      problem(
        this.names.length === 0
          ? `unknown variable ${quoted(name)}; there are no \`variables\`; write "$\${" for the two characters`
          : unknownName('variable', name, this.names),
      );
      return undefined;
    }
    if (this.#pending.includes(name)) {
      const round = [...this.#pending.slice(this.#pending.indexOf(name)), name];
      problem(`variable ${quoted(name)} is made of itself: ${round.join(' → ')}`);
      return undefined;
    }
    this.#pending.push(name);
    const value = this.substitute(this.#written[name], ['variables', name]);
    this.#pending.pop();
    this.#values.set(name, value);
    return value;
  }
}

/** Names that texts anywhere in `value` mention. */
export function mentioned(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    for (const [, name] of value.matchAll(MENTION)) if (name !== undefined) names.add(name);
  } else if (typeof value === 'object' && value !== null) {
    for (const entry of Object.values(value)) mentioned(entry, names);
  }
  return names;
}

/** How many values there are in one, counted only as far as is too many. */
function sizeOf(value: unknown): number {
  let size = 0;
  const count = (here: unknown): void => {
    if (++size > MOST_VALUES || typeof here !== 'object' || here === null) return;
    for (const entry of Object.values(here)) count(entry);
  };
  count(value);
  return size;
}
