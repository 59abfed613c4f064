import { FEATURE_COUNT } from './policy.ts';

/** Score of a device that a task may not run on: its probability is zero in float32 too. */
export const NEVER = -1e4;

/** The decisions of several roll-outs of one problem, as rows for the policy graph. */
export interface Decisions {
  /** Decisions per roll-out at most; what a roll-out does not use stays as zeros. */
  readonly limit: number;
  readonly deviceCount: number;
  /** `[((rollOut * limit + decision) * deviceCount + device) * FEATURE_COUNT + feature]` */
  readonly features: Float32Array;
  /** `[(rollOut * limit + decision) * deviceCount + device]` */
  readonly prior: Float32Array;
  /** Per decision: one over the temperature at which it was taken. */
  readonly sharpness: Float32Array;
  /** The device that was taken; −1 for a row that was not used. */
  readonly choice: Int32Array;
  /** Its log-probability at the time. */
  readonly logProbability: Float64Array;
}

export function roomFor(rollOuts: number, limit: number, deviceCount: number): Decisions {
  const rows = rollOuts * limit;
  return {
    limit,
    deviceCount,
    features: new Float32Array(rows * deviceCount * FEATURE_COUNT),
    prior: new Float32Array(rows * deviceCount),
    sharpness: new Float32Array(rows),
    choice: new Int32Array(rows),
    logProbability: new Float64Array(rows),
  };
}

/** What a roll-out has not used: rows without a choice, whose policy is certain. */
export function clearRows({ limit, deviceCount, ...into }: Decisions, rollOut: number, used: number): void {
  const [from, to] = [rollOut * limit + used, (rollOut + 1) * limit];
  into.features.fill(0, from * deviceCount * FEATURE_COUNT, to * deviceCount * FEATURE_COUNT);
  into.choice.fill(-1, from, to);
  into.logProbability.fill(0, from, to);
  into.sharpness.fill(1, from, to);
  into.prior.fill(NEVER, from * deviceCount, to * deviceCount);
  for (let row = from; row < to; row++) into.prior[row * deviceCount] = 0;
}
