import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import { printable, quoted, shortened } from '../base/text.ts';
import { show } from './fields.ts';
import { folderOf, type Sourced } from './origin.ts';
import { isMap, overlay } from './overlay.ts';
import { calledInMessages, type Kind, readText } from './read-text.ts';
import { at, find, parseYaml, plainValue, type YamlText } from './yaml-text.ts';

/*
 * `extends: base.yaml`: a file says only what differs from others. Paths are relative to the file that says them; of
 * several bases, later ones win, and the file over all.
 */

/** Files that one scenario may be made of, how often they may be laid on others, and how deep. */
const MOST_FILES = 100;
const MOST_LAYERS = 1000;
const DEEPEST = 16;

/** What to do with each file once its bases are below it. */
export type Finish = (sourced: Sourced) => Sourced;

/** Files that were read for one scenario, each once. */
export class Library {
  readonly #texts = new Map<string, YamlText>();
  #layers = 0;

  /** The values of the file at `path` (`-`: standard input) over those of the files that it extends. */
  read(path: string, kind: Kind, finish: Finish = (sourced) => sourced): Sourced {
    const source = readText(path, kind);
    return this.parse(source, calledInMessages(path), kind, finish);
  }

  /** The same of a text that was read before. */
  parse(source: string, file: string, kind: Kind, finish: Finish = (sourced) => sourced): Sourced {
    const text = parseYaml(source, file, kind.name);
    return this.#layered(text, kind, finish, [file]);
  }

  /** The same of a file that `by` names. */
  readNamed(path: string, by: string, kind: Kind, finish?: Finish): Sourced {
    const text = this.#text(path, by, kind);
    return this.#layered(text, kind, finish ?? ((sourced) => sourced), [path]);
  }

  #layered(text: YamlText, kind: Kind, finish: Finish, chain: readonly string[]): Sourced {
    const value = plainValue(text, kind.name);
    if (value === null || value === undefined) {
      throw new UserError(
        `${text.file}:1:1: the file is empty; scenarios/quickstart.yaml shows what belongs here`,
      );
    }
    const own: Sourced = { value, origin: { text, path: [] } };
    if (!isMap(value) || !Object.hasOwn(value, 'extends')) return finish(own);
    const { extends: bases, ...rest } = value;
    const layers = basesOf(bases, text).map(({ path, place }) => {
      const by = `${place}: extends`;
      if (isMember(path, chain)) {
        const from = chain.findIndex((file) => isSame(file, path));
        const names = [...chain.slice(from), path].map((file) => printable(shortened(file))).join(' → ');
        throw new UserError(`${by}: ${printable(shortened(path))} extends itself: ${names}`);
      }
      if (chain.length >= DEEPEST) {
        throw new UserError(`${by}: files extend one another more than ${DEEPEST} deep`);
      }
      // A file that two others extend is laid twice: a ladder of such would never end.
      if (++this.#layers > MOST_LAYERS) {
        throw new UserError(`${by}: files are extended more than ${MOST_LAYERS} times in all`);
      }
      const base = this.#layered(this.#text(path, by, kind), kind, finish, [...chain, path]);
      if (isMap(base.value)) return base;
      throw new UserError(`${by}: ${path} has no keys; it is ${show(base.value)}`);
    });
    const merged = layers.concat({ ...own, value: rest }).reduce(overlay);
    return finish(merged);
  }

  #text(path: string, by: string, kind: Kind): YamlText {
    const key = identity(path);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_FILES) throw new UserError(`${by}: more than ${MOST_FILES} files`);
    let source: string;
    try {
      source = readText(path, kind);
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${by}: ${error.message}`);
      throw error;
    }
    const text = parseYaml(source, path, kind.name);
    this.#texts.set(key, text);
    return text;
  }
}

/** The paths that `extends` names, each with its place. */
function basesOf(value: unknown, text: YamlText): { path: string; place: string }[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((entry, i) => {
    const { offset } = find(text, Array.isArray(value) ? ['extends', i] : ['extends'], false);
    const place = at(offset, text);
    return { path: fileNamed(entry, `${place}: extends`, folderOf(text)), place };
  });
}

/** The path of a file that a text in `folder` names. @throws UserError where it names none. */
export function fileNamed(entry: unknown, by: string, folder: string): string {
  if (typeof entry !== 'string' || entry === '')
    throw new UserError(`${by}: expected the path of a file, or a list of them, got ${show(entry)}`);
  if (entry === '-' || entry.startsWith('/dev/') || entry.includes('\0'))
    throw new UserError(`${by}: expected the path of a file, got ${quoted(entry)}`);
  return entry.startsWith('/') ? entry : join(folder, entry);
}

const isMember = (path: string, chain: readonly string[]): boolean =>
  chain.some((file) => isSame(file, path));
const isSame = (a: string, b: string): boolean => identity(a) === identity(b);

/** One name for each file, however its path is written. */
function identity(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
