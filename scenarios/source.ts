import { isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import { nearest, UserError } from '../base/errors.ts';
import { printable, shortened } from '../base/text.ts';
import { Library } from './extends.ts';
import { sentence } from './fields.ts';
import { fileFields, fileHash, hashKey, isPipe } from './file-fields.ts';
import { entryOf, folderOf, type Origin, placeIn, type Sourced, withEntry, withoutIndex } from './origin.ts';
import { isMap } from './overlay.ts';
import { type Override, override } from './override.ts';
import { referable, replaced, valueAt, withReferences } from './references.ts';
import { type Scenario, scenarioSchema } from './schema.ts';
import { mentioned, type Problem, Variables } from './variables.ts';
import { type Path, type Place, report } from './yaml-text.ts';

/* A scenario as it is written, in however many files, until it is resolved. */

export const SCENARIO_FILE = {
  name: 'a scenario',
  format: 'YAML in UTF-8',
  mostBytes: 1_000_000,
  ending: /\.ya?ml$/,
};

/** What a scenario's files say, with the changes made so far; `resolve` makes a scenario of it. */
export class ScenarioSource {
  /** What messages call it. */
  readonly file: string;
  readonly #library: Library;
  readonly #written: Sourced;
  /** In the order in which they were made; those that named a file are that file by now. */
  readonly #changes: readonly Override[];

  private constructor(file: string, library: Library, written: Sourced, changes: readonly Override[]) {
    this.file = file;
    this.#library = library;
    this.#written = written;
    this.#changes = changes;
  }

  /** Reads a file, or standard input for `-`. @throws UserError */
  static read(path: string): ScenarioSource {
    const library = new Library();
    const finish = (sourced: Sourced): Sourced => withReferences(sourced, library).scenario;
    const written = library.read(path, SCENARIO_FILE, finish);
    return new ScenarioSource(written.origin.text.file, library, written, []);
  }

  /** The same of text already read; `file` is what messages call it. */
  static parse(source: string, file: string): ScenarioSource {
    const library = new Library();
    const finish = (sourced: Sourced): Sourced => withReferences(sourced, library).scenario;
    return new ScenarioSource(file, library, library.parse(source, file, SCENARIO_FILE, finish), []);
  }

  /** What is written at `path`, before variables are put in; undefined where nothing is. */
  at(path: Path): unknown {
    return path.reduce<unknown>(
      (here, key) => (isMap(here) && Object.hasOwn(here, String(key)) ? here[String(key)] : undefined),
      this.#written.value,
    );
  }

  /** The origin of all of it. */
  get origin(): Origin {
    return this.#written.origin;
  }

  /** With these changes made after those before. @throws UserError where one leads nowhere. */
  with(changes: readonly Override[]): ScenarioSource {
    let written = this.#written;
    const made = [...this.#changes];
    for (const change of changes) {
      const { said, folder = '.' } = change;
      if (change.path[0] === 'extends')
        throw new UserError(`${said}: files are extended when they are read; write \`extends\` in a file`);
      const { value, change: applied } = override(written.value, change);
      const elsewhere = () => ({ said, folder });
      const origin = removesEntry(written.value, applied)
        ? withoutEntry(written.origin, applied.path, written.value)
        : written.origin;
      const { scenario, loaded } = withReferences({ value, origin }, this.#library, elsewhere);
      written = scenario;
      // A file that a change named speaks for itself from now on.
      if (!loaded.some((path) => path.join('.') === applied.path.join('.'))) made.push(applied);
    }
    return new ScenarioSource(this.file, this.#library, written, made);
  }

  /** The scenario, checked; `sweep` is left out. @throws UserError with a line per problem. */
  resolve(): Scenario {
    const variables = new Variables(this.at(['variables']));
    const scenario = this.#substituted(variables);
    const place = (path: Path, isKey: boolean): Place =>
      this.#placeOf(path, isKey, scenario.origin, variables);
    if (variables.problems.length > 0) this.fail(variables.problems, place);
    const result = scenarioSchema.safeParse(scenario.value, { error: sentence });
    if (!result.success) throw new UserError(report(result.error, this.file, place));
    const problems: Problem[] = [];
    const hashed = [...fileFields(result.data)].reduce((whole: unknown, path) => {
      const name = valueAt(whole, path) as string;
      if (isPipe(name)) return whole;
      try {
        const hash = fileHash(name);
        const meant = valueAt(whole, hashKey(path)) ?? hash;
        if (meant !== hash) {
          const message = `the file is another one: its SHA-256 is ${hash}`;
          problems.push({ path: hashKey(path), message });
        }
        return replaced(whole, hashKey(path), hash);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push({ path, message: error.message });
        return whole;
      }
    }, result.data);
    if (problems.length > 0) this.fail(problems, place);
    return hashed as Scenario;
  }

  /** What it says, with its variables put in and the files that it names, unchecked. @throws UserError */
  values(): unknown {
    const variables = new Variables(this.at(['variables']));
    const { value } = this.#substituted(variables);
    if (variables.problems.length > 0)
      this.fail(variables.problems, (path, isKey) => this.place(path, isKey));
    return value;
  }

  /** @throws UserError where this file, or a change, has variables that no text mentions: they may be misspelt. */
  checkVariables(): void {
    const { variables, ...rest } = this.#written.value as Record<string, unknown>;
    const names = mentioned([rest, Object.values(isMap(variables) ? variables : {})]);
    // Files that are named by variables may mention others.
    for (const { value } of referable(rest)) if (typeof value === 'string' && value.includes('${')) return;
    const own = Object.keys(isMap(variables) ? variables : {}).filter((name) => {
      const path = ['variables', name];
      return !names.has(name) && (this.#changeAt(path, 2) !== undefined || this.#isOwn(path));
    });
    const problems = own.map((name) => {
      const near = nearest(name, [...names]);
      const remedy = near === undefined ? 'remove it' : `did you mean "${near}"?`;
      return {
        path: ['variables', name],
        message: `nothing mentions \${${printable(shortened(name))}}; ${remedy}`,
      };
    });
    if (problems.length > 0) this.fail(problems, (path) => this.place(path, true));
  }

  /** Where what is written at `path` stands. */
  place(path: Path, isKey = false): Place {
    return this.#placeOf(path, isKey, this.#written.origin);
  }

  /** @throws UserError with a line per problem. */
  fail(problems: readonly Problem[], place: (path: Path, isKey: boolean) => Place): never {
    const issues = problems.map(({ path, message }) => ({ code: 'custom', path: [...path], message }));
    throw new UserError(report({ issues } as unknown as Pick<z.ZodError, 'issues'>, this.file, place));
  }

  #isOwn(path: Path): boolean {
    return path.reduce(entryOf, this.#written.origin).text === this.#written.origin.text;
  }

  /** All but what is for others, with its variables put in and the files that they name. */
  #substituted(variables: Variables): Sourced {
    const { value, origin } = this.#written;
    if (!isMap(value)) return this.#written;
    const { variables: _, sweep: __, ...rest } = value;
    const made = variables.substitute(rest);
    if (variables.problems.length > 0) return { value: made, origin };
    const elsewhere = (path: Path) => {
      const change = this.#changeAt(path, path.length);
      return change && { said: change.said, folder: change.folder ?? '.' };
    };
    const { scenario, loaded } = withReferences({ value: made, origin }, this.#library, elsewhere);
    const filled = loaded.reduce((whole: unknown, path) => {
      return replaced(whole, path, variables.substitute(valueAt(whole, path), path));
    }, scenario.value);
    const rebased = [...fileFields(filled)].reduce((whole: unknown, path) => {
      const name = valueAt(whole, path) as string;
      const folder = elsewhere(path)?.folder ?? folderOf(path.reduce(entryOf, scenario.origin).text);
      return folder === '.' || isPipe(name) || isAbsolute(name)
        ? whole
        : replaced(whole, path, join(folder, name));
    }, filled);
    return { value: rebased, origin: scenario.origin };
  }

  /** The change that set what is at `path`, of which so many keys were there without it. */
  #changeAt(path: Path, depth: number): Override | undefined {
    return this.#changes.findLast(({ path: set }) => {
      const shared = set.findIndex((key, i) => String(path[i]) !== key);
      // All of the change is on the way to the path, or it made the last key of the path.
      return shared < 0 || (shared === path.length && depth < path.length);
    });
  }

  /** The change that set it, its key or value in a file, or the nearest map around. */
  #placeOf(path: Path, isKey: boolean, origin: Origin, variables?: Variables): Place {
    const { place, depth } = placeIn(origin, path, isKey);
    const change = this.#changeAt(path, depth);
    const here = change === undefined ? place : { text: change.said, offset: -1 };
    const names = variables === undefined || isKey ? [] : variables.namesAt(path);
    if (names.length === 0) return here;
    const from = names.map((name) => `\${${name}} from ${this.place(['variables', name]).text}`);
    return { ...here, note: ` (${from.join(', ')})` };
  }
}

/** Whether a change leaves out an entry of a list, so that those after it have other numbers. */
function removesEntry(target: unknown, { path, value }: Override): boolean {
  return (value === null || value === undefined) && Array.isArray(valueAt(target, path.slice(0, -1)));
}

function withoutEntry(origin: Origin, path: Path, target: unknown): Origin {
  const above = path.slice(0, -1);
  const left = (valueAt(target, above) as unknown[]).length - 1;
  const list = above.reduce(entryOf, origin);
  return withEntry(origin, above, withoutIndex(list, Number(path.at(-1)), left));
}
