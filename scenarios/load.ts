import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type * as z from 'zod';
import { nearest, UserError } from '../base/errors.ts';
import { proposedKey, sentence } from './fields.ts';
import { type Override, override, parseOverride } from './override.ts';
import { type Scenario, scenarioSchema } from './schema.ts';

export interface LoadOptions {
  /** `path=value` each, applied in order before anything is checked. */
  readonly set?: readonly string[];
  /** Wins over the file's seed. */
  readonly seed?: number;
}

const MOST_BYTES = 1_000_000;
const MOST_PROBLEMS = 10;

/** Reads, overrides and checks a scenario file. Throws a UserError with one line per problem. */
export function loadScenario(path: string, options: LoadOptions = {}): Scenario {
  return parseScenario(readText(path), path, options);
}

/** The same for text already read; `file` is what messages call it. */
export function parseScenario(source: string, file: string, { set = [], seed }: LoadOptions = {}): Scenario {
  const lines = new LineCounter();
  const document = parseYaml(source, file, lines);
  let value: unknown = toPlain(document, file);
  if (value === null || value === undefined) {
    throw new UserError(`${file}: the file is empty; scenarios/quickstart.yaml shows what belongs here`);
  }
  const overrides = set.map(parseOverride);
  for (const change of overrides) value = override(value, change);
  const result = scenarioSchema.safeParse(value, { error: sentence });
  if (!result.success) {
    const written = { file, document, lines, overrides };
    throw new UserError(report(result.error, file, (path, isKey) => place(written, path, isKey)));
  }
  return seed === undefined ? result.data : { ...result.data, seed };
}

type Path = readonly PropertyKey[];

/** One line per problem in the order of their places, each `place: path: what is wrong and what to write`. */
function report(error: z.ZodError, file: string, placeOf: (path: Path, isKey: boolean) => Place): string {
  const problems = error.issues.flatMap(({ message, path, ...issue }): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path, message, unknown: false }];
    return message
      .split('\n')
      .map((line, i) => ({ path: [...path, issue.keys[i]!], message: line, unknown: true }));
  });
  // Where a misspelt key was told, the right one need not be called missing too.
  const proposed = new Set(
    problems.map(({ path, message }) => [...path.slice(0, -1), proposedKey(message)].join('.')),
  );
  const placed = problems
    .filter((problem) => !(problem.message.startsWith('missing') && proposed.has(problem.path.join('.'))))
    .map((problem) => ({ ...problem, place: placeOf(problem.path, problem.unknown) }))
    .sort((a, b) => a.place.offset - b.place.offset);
  const shown = placed.slice(0, MOST_PROBLEMS).map(({ place, path, message }) => {
    return [place.text, ...(path.length === 0 ? [] : [path.join('.')]), message].join(': ');
  });
  const more = placed.length - shown.length;
  if (more > 0) shown.push(`${file}: and ${more} more problem${more === 1 ? '' : 's'}`);
  return shown.join('\n');
}

interface Problem {
  readonly path: Path;
  readonly message: string;
  /** Whether it is about a key that should not be there. */
  readonly unknown: boolean;
}

interface Place {
  readonly text: string;
  /** In characters from the beginning of the file, to sort by. */
  readonly offset: number;
}

/** What the user wrote, to find the place of a path in. */
interface Written {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly overrides: readonly Override[];
}

/** Where `path` is written: the override that set it, its key or value in the file, or the nearest map around. */
function place({ file, document, lines, overrides }: Written, path: Path, isKey: boolean): Place {
  const { offset, depth } = find(document, path, isKey);
  const change = overrides.findLast(({ path: set }) => {
    const shared = set.findIndex((key, i) => String(path[i]) !== key);
    // All of the override is on the way to the path, or it made the last key of the path.
    return shared < 0 || (shared === path.length && depth < path.length);
  });
  if (change !== undefined) return { text: `--set ${change.text}`, offset: -1 };
  const { line, col } = lines.linePos(offset);
  return { text: `${file}:${line}:${col}`, offset };
}

/** Offset of the deepest node on `path` that the file has, and how many keys of the path lead to it. */
function find(document: Document, path: Path, isKey: boolean): { offset: number; depth: number } {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key),
      );
      if (pair === undefined) return { offset, depth };
      const keyNode = pair.key as Node;
      node = pair.value as Node | null;
      // An empty value has no place of its own.
      const empty = node === null || (isScalar(node) && node.value === null);
      const here = isLast && !isKey && !empty ? node : keyNode;
      offset = here?.range?.[0] ?? offset;
    } else if (isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      if (item === undefined) return { offset, depth };
      node = item;
      offset = node.range?.[0] ?? offset;
    } else {
      return { offset, depth };
    }
  }
  return { offset, depth: path.length };
}

function parseYaml(source: string, file: string, lineCounter: LineCounter): Document {
  let document: Document;
  try {
    document = parseDocument(source, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    throw new UserError(`${file}: ${yamlProblem(error as Error)}`);
  }
  const problems = [...document.errors, ...document.warnings];
  if (problems.length === 0) return document;
  // After one mistake of syntax a parser only guesses what comes next, but keys that occur twice are sure.
  const twice = problems.filter((problem) => problem.code === 'DUPLICATE_KEY');
  const told = twice.length === problems.length ? twice.slice(0, MOST_PROBLEMS) : problems.slice(0, 1);
  const text = told.map((problem) => {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    const word = /^[^\s:#,[\]{}]*/.exec(source.slice(problem.pos[0]))![0];
    const what =
      problem.code === 'DUPLICATE_KEY'
        ? `duplicate key "${word}"; it is in this map already`
        : yamlProblem(problem);
    return `${file}:${line}:${col}: ${what}`;
  });
  throw new UserError(text.join('\n'));
}

function yamlProblem({ message }: Error): string {
  if (message.includes('call stack')) return 'nested too deeply';
  const line = message.split('\n')[0]!;
  return `not valid YAML: ${line.length > 150 ? `${line.slice(0, 150)}…` : line}`;
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases without an anchor, or a tower of aliases that would fill the memory.
    throw new UserError(`${file}: ${yamlProblem(error as Error)}`);
  }
}

function readText(path: string): string {
  const bytes = Buffer.alloc(MOST_BYTES + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = readSync(file, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  if (length > MOST_BYTES)
    throw new UserError(`${path}: too large for a scenario; at most ${MOST_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch {
    throw new UserError(`${path}: not a text file; a scenario is YAML in UTF-8`);
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(`${path}: no such file${remedy(path)}`);
    case 'EISDIR':
      return new UserError(`${path}: this is a folder; name a scenario file in it${remedy(`${path}/`)}`);
    default:
      return new UserError(`${path}: cannot be read (${error.code ?? error.message})`);
  }
}

/** What else is in the folder. */
function remedy(path: string): string {
  const folder = path.endsWith('/') ? path : dirname(path);
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file));
  } catch {
    return `; there is no folder ${folder} either`;
  }
  const near = path.endsWith('/') ? undefined : nearest(basename(path), files);
  if (near !== undefined) return `; did you mean "${path.slice(0, -basename(path).length)}${near}"?`;
  return files.length === 0 ? '' : `; ${folder} has ${files.sort().slice(0, 5).join(', ')}`;
}
