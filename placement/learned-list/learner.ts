import type { PlacerContext, PolicySession } from '../placer.ts';
import type { Decisions } from './decisions.ts';
import { FEATURE_COUNT, type PolicyWeights, WEIGHT_NAMES, WEIGHT_SHAPES } from './policy.ts';
import { POWER_NAMES, policyGraph, STATE_NAMES } from './policy-graph.ts';

export interface LearnerOptions {
  readonly learningRate: number;
  readonly entropy: number;
  readonly clipNorm: number;
  readonly rollOuts: number;
}

const SESSIONS = 8;

/** Updates a policy's weights from the decisions of roll-outs; one session of the policy graph per size of problem. */
export class Learner {
  private readonly open: NonNullable<PlacerContext['session']>;
  private readonly options: LearnerOptions;
  private readonly sessions = new Map<string, PolicySession>();
  private current: PolicySession | undefined;
  private weights: PolicyWeights;
  /** Adam's moments and powers when another session took over. */
  private state: readonly { readonly name: string; readonly shape: readonly number[]; data: Float32Array }[];

  constructor(open: NonNullable<PlacerContext['session']>, weights: PolicyWeights, options: LearnerOptions) {
    this.open = open;
    this.options = options;
    this.weights = weights;
    this.state = [
      ...STATE_NAMES.map((name) => {
        const of = WEIGHT_NAMES.find((weight) => name === weight || name.startsWith(`${weight}/`))!;
        const data = name === of ? weights[of].slice() : new Float32Array(weights[of].length);
        return { name, shape: WEIGHT_SHAPES[of], data };
      }),
      ...POWER_NAMES.map((name, i) => ({ name, shape: [], data: Float32Array.of([0.9, 0.999][i]!) })),
    ];
  }

  /** One step: up the gradient of Σ advantage · ln P(taken), and of the entropy. `advantages`: per roll-out. */
  update(decisions: Decisions, advantages: ArrayLike<number>): PolicyWeights {
    const session = this.sessionFor(decisions);
    const { rollOuts } = this.options;
    const { limit } = decisions;
    const advantage = new Float32Array(rollOuts * limit);
    for (let k = 0; k < rollOuts; k++) advantage.fill(advantages[k]!, k * limit, (k + 1) * limit);
    session.run({ feeds: policyFeeds(decisions, advantage), fetches: [], targets: ['train'] });
    const [w1, b1, w2] = session.run({ feeds: {}, fetches: WEIGHT_NAMES.map((name) => `${name}:0`) });
    this.weights = { w1: w1!, b1: b1!, w2: w2! };
    return this.weights;
  }

  private sessionFor({ limit, deviceCount }: Decisions): PolicySession {
    const key = `${limit} ${deviceCount}`;
    let session = this.sessions.get(key);
    if (session === undefined) {
      const decisions = limit * this.options.rollOuts;
      session = this.open(policyGraph({ ...this.options, decisions, deviceCount }), 0);
      this.sessions.set(key, session);
      // Old ones hold memory; making one takes milliseconds.
      const [oldest] = this.sessions.keys();
      if (this.sessions.size > SESSIONS && oldest !== undefined) this.sessions.delete(oldest);
    }
    if (session === this.current) return session;
    if (this.current !== undefined) {
      const values = this.current.run({ feeds: {}, fetches: this.state.map(({ name }) => `${name}:0`) });
      for (const [i, entry] of this.state.entries()) entry.data = values[i]!;
    }
    for (const { name, shape, data } of this.state) session.assign(name, { shape, data });
    this.current = session;
    return session;
  }
}

/** What the policy graph is fed for decisions. `advantage`: per decision. */
export function policyFeeds(
  { features, prior, sharpness, choice, deviceCount }: Decisions,
  advantage: Float32Array,
): Parameters<PolicySession['run']>[0]['feeds'] {
  const rows = choice.length;
  const taken = new Float32Array(rows * deviceCount);
  for (let row = 0; row < rows; row++) if (choice[row]! >= 0) taken[row * deviceCount + choice[row]!] = 1;
  return {
    features: { shape: [rows * deviceCount, FEATURE_COUNT], data: features },
    prior: { shape: [rows, deviceCount], data: prior },
    taken: { shape: [rows, deviceCount], data: taken },
    sharpness: { shape: [rows, 1], data: sharpness },
    advantage: { shape: [rows, 1], data: advantage },
  };
}
