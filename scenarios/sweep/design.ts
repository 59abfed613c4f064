import { stream } from '../../base/random.ts';
import type { Path } from '../yaml-text.ts';
import type { SweepChoice, Varied } from './schema.ts';

/** The points of a sweep: which values its parameters have in each. */
export interface Design {
  readonly parameters: readonly string[];
  readonly count: number;
  values(point: number): readonly unknown[];
  /** Where the value of a parameter stands below `sweep`. */
  placeOf(point: number, parameter: number): Path;
}

export function designOf(sweep: SweepChoice): Design {
  switch (sweep.kind) {
    case 'grid':
      return grid(sweep.parameters);
    case 'list':
      return listed(sweep.points);
    case 'random':
      return drawn(sweep.parameters, sweep.samples, (path) => independent(sweep.seed, path, sweep.samples));
    case 'latin-hypercube':
      return drawn(sweep.parameters, sweep.samples, (path) => stratified(sweep.seed, path, sweep.samples));
  }
}

/** All combinations; the last parameter varies fastest. */
export function grid(varied: Readonly<Record<string, Varied>>): Design {
  const parameters = Object.keys(varied);
  const lists = Object.values(varied).map((choice) => ('choices' in choice ? choice.choices : []));
  const strides = lists.map((_, p) =>
    lists.slice(p + 1).reduce((product, { length }) => product * length, 1),
  );
  const chosen = (point: number, p: number): number => Math.floor(point / strides[p]!) % lists[p]!.length;
  return {
    parameters,
    count: lists.reduce((product, { length }) => product * length, 1),
    values: (point) => lists.map((list, p) => list[chosen(point, p)]),
    placeOf: (point, p) => ['parameters', parameters[p]!, chosen(point, p)],
  };
}

function listed(points: readonly Readonly<Record<string, unknown>>[]): Design {
  const parameters = Object.keys(points[0]!);
  return {
    parameters,
    count: points.length,
    values: (point) => parameters.map((path) => points[point]![path]),
    placeOf: (point, p) => ['points', point, parameters[p]!],
  };
}

/** Points whose parameters are functions of shares in [0, 1). */
function drawn(
  varied: Readonly<Record<string, Varied>>,
  count: number,
  sharesOf: (path: string) => Float64Array,
): Design {
  const parameters = Object.keys(varied);
  const choices = Object.values(varied);
  const shares = parameters.map(sharesOf);
  const index = (list: readonly unknown[], share: number): number => Math.floor(share * list.length);
  return {
    parameters,
    count,
    values: (point) =>
      choices.map((choice, p) => {
        const share = shares[p]![point]!;
        return 'range' in choice ? choice.range.draw(share) : choice.choices[index(choice.choices, share)];
      }),
    placeOf: (point, p) => {
      const choice = choices[p]!;
      const at = ['parameters', parameters[p]!];
      return 'range' in choice ? at : [...at, index(choice.choices, shares[p]![point]!)];
    },
  };
}

/** Each parameter has a stream of its own: another one beside it does not change its draws. */
function independent(seed: number, path: string, samples: number): Float64Array {
  const random = stream(seed, 'sweep', path);
  return Float64Array.from({ length: samples }, () => random.uniform());
}

/** One draw within each of `samples` equal strata, in random order (McKay, Beckman and Conover 1979, section 2.3). */
function stratified(seed: number, path: string, samples: number): Float64Array {
  const order = stream(seed, 'sweep strata', path);
  const within = stream(seed, 'sweep', path);
  const strata = Float64Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i > 0; i--) {
    const j = order.below(i + 1);
    [strata[i], strata[j]] = [strata[j]!, strata[i]!];
  }
  // A draw that is rounded up to the next stratum would leave its own.
  return strata.map((stratum) =>
    Math.min((stratum + within.uniform()) / samples, below((stratum + 1) / samples)),
  );
}

/** The largest number that is less by about one part in 2^52. */
const below = (value: number): number => value * (1 - Number.EPSILON);

/** Each point of the first with each of the second, which varies faster. */
export function product(first: Design, second: Design): Design {
  const split = (point: number): [number, number] => [Math.floor(point / second.count), point % second.count];
  const { length } = first.parameters;
  return {
    parameters: [...first.parameters, ...second.parameters],
    count: first.count * second.count,
    values: (point) => {
      const [a, b] = split(point);
      return [...first.values(a), ...second.values(b)];
    },
    placeOf: (point, p) => {
      const [a, b] = split(point);
      return p < length ? first.placeOf(a, p) : second.placeOf(b, p - length);
    },
  };
}
