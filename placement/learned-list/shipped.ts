import { FEATURE_COUNT, HIDDEN, type PolicyWeights } from './policy.ts';
import pretrained from './pretrained.json' with { type: 'json' };

/** The policy that comes with the package: see `provenance` in pretrained.json. */
export function shippedWeights(): PolicyWeights {
  return readWeights(pretrained.weights);
}

/** Weights as files hold them: plain arrays. */
export interface StoredWeights {
  readonly w1: readonly number[];
  readonly b1: readonly number[];
  readonly w2: readonly number[];
}

/** @throws RangeError where the arrays are not those of this policy network, or hold what no 32-bit number is. */
export function readWeights({ w1, b1, w2 }: StoredWeights): PolicyWeights {
  if (w1.length !== FEATURE_COUNT * HIDDEN || b1.length !== HIDDEN || w2.length !== HIDDEN) {
    throw new RangeError(`weights of ${w1.length}, ${b1.length} and ${w2.length} numbers`);
  }
  const weights = { w1: Float32Array.from(w1), b1: Float32Array.from(b1), w2: Float32Array.from(w2) };
  for (const values of Object.values(weights)) {
    if (!values.every(Number.isFinite)) throw new RangeError('a weight is beyond 32-bit numbers');
  }
  return weights;
}

/** To six significant digits. */
export function storedWeights({ w1, b1, w2 }: PolicyWeights): StoredWeights {
  const short = (values: Float32Array): number[] => Array.from(values, (x) => Number(x.toPrecision(6)));
  return { w1: short(w1), b1: short(b1), w2: short(w2) };
}
