import { getOrMake } from '../base/get-or-make.ts';

/* Scopes of nodes by their names, split at slashes, as TensorBoard does (Wongsuphasawat et al. 2018). */

/** Copies of the same ops for micro-batches: `micro5/`. */
const MICRO_BATCH = /^micro\d+\//;
/** Of what autodiff adds. */
export const GRADIENTS = 'gradients/';
/** No network is nested as deep. */
const DEEPEST = 8;

/**
 * The scope of each name: as many steps down as give not more than `most` scopes; one step, where that gives more. What belongs
 * to gradients has scopes of its own, `gradients/conv1`; micro-batches are one; ONNX's leading slash is none.
 */
export function scopesOfNames(names: readonly string[], most: number): string[] {
  // Of hundreds of thousands of nodes most are those of other micro-batches again.
  const plain = names.map(withoutMicroBatch);
  const paths = new Map<string, Path>();
  for (const name of plain) getOrMake(paths, name, () => pathOf(name));
  const atDepth = (depth: number): Map<string, string> =>
    new Map(Array.from(paths, ([name, path]) => [name, scopeAt(path, depth)]));
  let best = atDepth(1);
  for (let depth = 2; depth <= DEEPEST; depth++) {
    const deeper = atDepth(depth);
    if (new Set(deeper.values()).size > most) break;
    best = deeper;
  }
  return plain.map((name) => best.get(name)!);
}

const withoutMicroBatch = (name: string): string =>
  name.startsWith('micro') ? name.replace(MICRO_BATCH, '') : name;

/** What scopes that are numbered have in common: `block#` of `block17`. */
export const stemOf = (scope: string): string => scope.replaceAll(/\d+/g, '#');

interface Path {
  readonly prefix: string;
  readonly parts: readonly string[];
}

function pathOf(name: string): Path {
  const whole = name.replace(/^\/+/, '');
  const isGradient = whole.startsWith(GRADIENTS);
  const parts = (isGradient ? whole.slice(GRADIENTS.length) : whole).split('/');
  return { prefix: isGradient ? GRADIENTS : '', parts };
}

const scopeAt = ({ prefix, parts }: Path, depth: number): string => prefix + parts.slice(0, depth).join('/');
