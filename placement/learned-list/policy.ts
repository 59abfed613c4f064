import type { RandomStream } from '../../base/random.ts';

/**
 * What the policy sees of a pair (task, device), in this order. Times are in units of the mean task time; what holds for
 * all devices alike tells the network in which situation it is.
 */
export const FEATURES = [
  'finish, beyond that of the soonest device',
  'idle time that the device would wait for the inputs',
  'time of the incoming transfers',
  "share of all work that the device has, times the devices'",
  'memory in use if the task came, over capacity',
  'share of the predecessors on the device',
  'binary logarithm of the time here over the least',
  'rank over the largest rank',
  'time of the outgoing transfers',
  'the task whose gradient this computes: 1 on the device, −1 elsewhere, 0 none',
  "backlog of the device's sends",
  'the predecessor that ends last is on the device',
  'the task would not fit',
  'constant 1',
  "group's bytes over capacity",
  'growth of memory that is still to come over the free memory of all devices',
  'memory if the growth to come were spread evenly, over capacity',
  'optimistic cost to the end (PEFT), beyond that of the best device',
  'the only reader of its only predecessor, which is on the device',
  'accelerator',
  'share of devices that are free',
  "logarithm of the task's time over the mean task time",
  'logarithm of the mean transfer time over the mean task time',
] as const;

export const FEATURE_COUNT = FEATURES.length;
export const HIDDEN = 16;

/** score = prior + NET_SCALE · w2 · tanh(W1 f + b1). `w1` is `[feature * HIDDEN + unit]`. */
export interface PolicyWeights {
  readonly w1: Float32Array;
  readonly b1: Float32Array;
  readonly w2: Float32Array;
}

export const NET_SCALE = 5;

/** The weights by the names of the policy graph's variables, with their shapes. */
export const WEIGHT_SHAPES = { w1: [FEATURE_COUNT, HIDDEN], b1: [HIDDEN], w2: [HIDDEN, 1] } as const;
export const WEIGHT_NAMES = ['w1', 'b1', 'w2'] as const;

/** Nearly no say in the score at first, so that the policy begins as its prior: a list scheduler. */
export function initialWeights(random: RandomStream): PolicyWeights {
  const drawn = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  return {
    w1: drawn(FEATURE_COUNT * HIDDEN, 1 / Math.sqrt(FEATURE_COUNT)),
    b1: new Float32Array(HIDDEN),
    w2: drawn(HIDDEN, 0.01),
  };
}

export function copyWeights({ w1, b1, w2 }: PolicyWeights): PolicyWeights {
  return { w1: w1.slice(), b1: b1.slice(), w2: w2.slice() };
}

const hidden = new Float64Array(HIDDEN);

/** The network's part of the score of the feature row that begins at `at`. */
export function netScore({ w1, b1, w2 }: PolicyWeights, features: Float32Array, at: number): number {
  hidden.set(b1);
  for (let f = 0; f < FEATURE_COUNT; f++) {
    const x = features[at + f]!;
    if (x === 0) continue;
    const row = f * HIDDEN;
    for (let h = 0; h < HIDDEN; h++) hidden[h]! += x * w1[row + h]!;
  }
  let score = 0;
  for (let h = 0; h < HIDDEN; h++) score += w2[h]! * Math.tanh(hidden[h]!);
  return NET_SCALE * score;
}
