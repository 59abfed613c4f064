import { UserError } from '../base/errors.ts';
import { fileNamed, type Library } from './extends.ts';
import { entryOf, folderOf, placeIn, type Sourced, withEntry } from './origin.ts';
import { isMap } from './overlay.ts';
import type { Kind } from './read-text.ts';
import type { Path } from './yaml-text.ts';

/* `cluster: clusters/eight-k40.yaml`: a file that holds what would stand there. */

const file = (name: string): Kind => ({
  name,
  format: 'YAML in UTF-8',
  mostBytes: 1_000_000,
  ending: /\.ya?ml$/,
});
const CLUSTER = file('a cluster');
const MODEL = file('a model');

/** Who says the reference at a path, and from which folder it starts; undefined: the text in which it stands. */
export type SaidElsewhere = (path: Path) => { readonly said: string; readonly folder: string } | undefined;

/** A path of a YAML file, rather than a name or something that becomes one. */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && /\.ya?ml$/.test(value) && !value.includes('${');
}

/** The values of a scenario at which a file may be named instead. */
export function* referable(scenario: unknown): Generator<{ path: Path; value: unknown; kind: Kind }> {
  if (!isMap(scenario)) return;
  yield { path: ['cluster'], value: scenario.cluster, kind: CLUSTER };
  const { experiments } = scenario;
  if (!Array.isArray(experiments)) return;
  for (const [i, experiment] of experiments.entries()) {
    if (isMap(experiment)) yield { path: ['experiments', i, 'model'], value: experiment.model, kind: MODEL };
  }
}

/** The scenario with the files that it refers to in place of their names, and at which paths these are. */
export function withReferences(
  scenario: Sourced,
  library: Library,
  elsewhere: SaidElsewhere = () => undefined,
): { scenario: Sourced; loaded: readonly Path[] } {
  let { value, origin } = scenario;
  const loaded: Path[] = [];
  for (const { path, value: name, kind } of referable(value)) {
    if (!isReference(name)) continue;
    const { said, folder } = elsewhere(path) ?? {
      said: placeIn(origin, path, false).place.text,
      folder: folderOf(path.reduce(entryOf, origin).text),
    };
    const by = `${said}: ${path.join('.')}`;
    const found = library.readNamed(fileNamed(name, by, folder), by, kind);
    if (!isMap(found.value)) throw new UserError(`${by}: ${name} does not hold ${kind.name}: it has no keys`);
    value = replaced(value, path, found.value);
    origin = withEntry(origin, path, found.origin);
    loaded.push(path);
  }
  return { scenario: { value, origin }, loaded };
}

/** What is at `path` of `target`, whose maps and lists lead there. */
export function valueAt(target: unknown, path: Path): unknown {
  return path.reduce((here, key) => (here as Record<PropertyKey, unknown> | undefined)?.[key], target);
}

/** A copy of `target` with `value` at `path`, whose last key may be new. */
export function replaced(target: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(target)) return target.with(Number(key), replaced(target[Number(key)], rest, value));
  const map = target as Record<PropertyKey, unknown>;
  return { ...map, [key]: replaced(map[key], rest, value) };
}
