import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type * as z from 'zod';
import { UserError } from '../base/errors.ts';
import { printable, quoted, shortened } from '../base/text.ts';
import { MOST_PROBLEMS, proposedKey } from './fields.ts';

/* YAML that people write, read so that every message can say where the mistake stands. */

export type Path = readonly PropertyKey[];

/** One line per problem in the order of their places, each `place: path: what is wrong and what to write`. */
export function report(
  error: Pick<z.ZodError, 'issues'>,
  file: string,
  placeOf: (path: Path, isKey: boolean) => Place,
): string {
  let untold = 0;
  const problems = error.issues.flatMap(({ message, path, ...issue }): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path, message, unknown: false }];
    const lines = message.split('\n');
    untold += issue.keys.length - lines.length;
    return lines.map((line, i) => ({ path: [...path, issue.keys[i]!], message: line, unknown: true }));
  });
  // Where a misspelt key was told, the right one need not be called missing too.
  const proposed = new Set(
    problems.map(({ path, message }) => [...path.slice(0, -1), proposedKey(message)].join('.')),
  );
  // Problems of one file stay together, those of the asked one first.
  const files = [file];
  const rank = (place: Place): number => {
    const of = place.file ?? file;
    if (!files.includes(of)) files.push(of);
    return files.indexOf(of);
  };
  const placed = problems
    .filter((problem) => !(problem.message.startsWith('missing') && proposed.has(problem.path.join('.'))))
    .map((problem) => ({ ...problem, place: placeOf(problem.path, problem.unknown) }))
    .sort((a, b) => rank(a.place) - rank(b.place) || a.place.offset - b.place.offset);
  const shown = placed.slice(0, MOST_PROBLEMS).map(({ place, path, message }) => {
    const keys = path.map((key) => printable(shortened(String(key)))).join('.');
    return [place.text, ...(path.length === 0 ? [] : [keys]), message + (place.note ?? '')].join(': ');
  });
  const more = placed.length - shown.length + untold;
  if (more > 0) shown.push(`${file}: and ${more} more problem${more === 1 ? '' : 's'}`);
  return shown.join('\n');
}

interface Problem {
  readonly path: Path;
  readonly message: string;
  /** Whether it is about a key that should not be there. */
  readonly unknown: boolean;
}

export interface Place {
  readonly text: string;
  /** In characters from the beginning of the file, to sort by. */
  readonly offset: number;
  /** The file that it is in, where there are several. */
  readonly file?: string;
  /** What is to be said of it after the message. */
  readonly note?: string;
}

/** Offset of the deepest node on `path` that the file has, and how many keys of the path lead to it. */
export function find({ document }: YamlText, path: Path, isKey: boolean): { offset: number; depth: number } {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(key));
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

const pairsOfMap = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** The pairs of a map by their keys, each map read once. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsOfMap.get(map);
  if (known !== undefined) return known;
  const pairs = new Map(map.items.map((pair) => [keyOf(pair), pair]));
  pairsOfMap.set(map, pairs);
  return pairs;
}

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

/** A text that was read as YAML, with what it takes to say where something stands in it. */
export interface YamlText {
  /** What messages call it. */
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Reads a text that is to be one document; `name` is what it is, e.g. `a scenario`. @throws UserError with a line per mistake. */
export function parseYaml(source: string, file: string, name: string): YamlText {
  const lines = new LineCounter();
  let document: Document;
  let wrong: readonly WrongNode[];
  try {
    // Equal keys are found below: the parser would compare each with all before it.
    document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    wrong = wrongNodes(document);
  } catch (error) {
    throw new UserError(`${file}: ${yamlProblem(error as Error, name)}`);
  }
  const text = { file, document, lines };
  // After one mistake of syntax a parser only guesses what comes next.
  const problem = [...document.errors, ...document.warnings][0];
  if (problem !== undefined)
    throw new UserError(`${at(problem.pos[0], text)}: ${yamlProblem(problem, name)}`);
  const told = wrong
    .slice(0, MOST_PROBLEMS)
    .map(({ node, message }) => `${at(node?.range?.[0] ?? 0, text)}: ${message}`);
  if (told.length > 0) throw new UserError(told.join('\n'));
  return text;
}

interface WrongNode {
  readonly node: Node | null;
  readonly message: string;
}

/** Keys that a map has twice or that are no text, and aliases of nothing. */
function wrongNodes(document: Document): WrongNode[] {
  const wrong: WrongNode[] = [];
  const anchors = new Set<string>();
  visit(document, (_, node) => {
    if (isAlias(node)) {
      if (anchors.has(node.source)) return;
      wrong.push({
        node,
        message: `unknown alias ${quoted(`*${node.source}`)}; no anchor of this name comes before it`,
      });
    } else if (isNode(node) && node.anchor !== undefined) anchors.add(node.anchor);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const pair of node.items) {
      if (isMap(pair.key) || isSeq(pair.key)) {
        wrong.push({ node: pair.key, message: 'a key is text, no map or list; put it in quotes' });
        continue;
      }
      const key = keyOf(pair);
      const message = `duplicate key ${quoted(key)}; it is in this map already`;
      if (seen.has(key)) wrong.push({ node: pair.key as Node | null, message });
      seen.add(key);
    }
  });
  return wrong;
}

function yamlProblem({ message, code }: Error & { readonly code?: string }, name: string): string {
  if (message.includes('call stack')) return 'nested too deeply';
  if (code === 'MULTIPLE_DOCS') return `a second document begins here; ${name} is one document`;
  return `not valid YAML: ${printable(shortened(message.split('\n')[0]!, 150))}`;
}

/** Its values. @throws UserError where aliases would fill the memory. */
export function plainValue(text: YamlText, name: string): unknown {
  const { document } = text;
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // A tower of aliases that would fill the memory; the last one stands on all others.
    let offset = 0;
    visit(document, {
      Alias: (_, alias) => {
        offset = alias.range?.[0] ?? offset;
      },
    });
    throw new UserError(`${at(offset, text)}: ${yamlProblem(error as Error, name)}`);
  }
}

/** `file:line:column` */
export function at(offset: number, { file, lines }: YamlText): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}
