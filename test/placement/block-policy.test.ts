import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { BlockPolicy } from '../../placement/block-policy.ts';

/** A block with one group that may go to either device, and one that device 0 is closed to. */
function smallPolicy(): BlockPolicy {
  const blocks = [{ name: '', parent: -1 }];
  const groups = [
    { name: 'a', block: 0, feasible: [0, 1] },
    { name: 'b', block: 0, feasible: [1] },
  ];
  const policy = new BlockPolicy({ blocks, groups, groupOf: new Int32Array(0) }, 2);
  policy.logits.set([0, 0.3, -0.2, 0.5, -1, 0.8, 0.1, 9, 0.4]);
  return policy;
}

/** Written out again from the definition: the probabilities of a vertex's actions, given its block's device. */
function actions({ logits }: BlockPolicy, vertex: number, home: number): number[] {
  const open = [
    [false, true, true],
    [true, true, true],
    [home === 1, false, true],
  ][vertex]!;
  const weight = open.map((yes, a) => (yes ? Math.exp(logits[vertex * 3 + a]!) : 0));
  const total = weight.reduce((sum, w) => sum + w, 0);
  return weight.map((w) => w / total);
}

const home = (action: Int32Array): number => action[0]! - 1;
const logProbability = (policy: BlockPolicy, action: Int32Array): number =>
  [0, 1, 2].reduce((sum, v) => sum + Math.log(actions(policy, v, home(action))[action[v]!]!), 0);
const entropy = (policy: BlockPolicy, action: Int32Array): number =>
  [0, 1, 2]
    .flatMap((v) => actions(policy, v, home(action)))
    .reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);

/** All ways to act, each with the devices of the two groups. */
const WAYS = [
  { action: [1, 0, 2], devices: [0, 1] },
  { action: [1, 1, 2], devices: [0, 1] },
  { action: [1, 2, 2], devices: [1, 1] },
  { action: [2, 0, 0], devices: [1, 1] },
  { action: [2, 0, 2], devices: [1, 1] },
  { action: [2, 1, 0], devices: [0, 1] },
  { action: [2, 1, 2], devices: [0, 1] },
  { action: [2, 2, 0], devices: [1, 1] },
  { action: [2, 2, 2], devices: [1, 1] },
].map(({ action, devices }) => ({ action: Int32Array.from(action), devices }));

describe('the gradients of a policy', () => {
  for (const [name, value, add] of [
    ['log probability', logProbability, 'addLogGradient'],
    ['entropy', entropy, 'addEntropyGradient'],
  ] as const) {
    it(`of the ${name} are its difference quotients`, () => {
      for (const { action } of WAYS) {
        const policy = smallPolicy();
        const gradient = new Float64Array(policy.logits.length);
        policy[add](action, 2, gradient);
        for (let i = 0; i < gradient.length; i++) {
          const [up, down] = [1e-5, -1e-5].map((step) => {
            const moved = smallPolicy();
            moved.logits[i]! += step;
            return value(moved, action);
          });
          expect(gradient[i]).toBeCloseTo((2 * (up! - down!)) / 2e-5, 8);
        }
      }
    });
  }
});

it('sums the probability of a placement over all ways to get there', () => {
  const policy = smallPolicy();
  for (const devices of [
    [0, 1],
    [1, 1],
  ]) {
    const ways = WAYS.filter((way) => way.devices.join() === devices.join());
    const expected = ways.reduce((sum, { action }) => sum + Math.exp(logProbability(policy, action)), 0);
    expect(policy.probability(devices)).toBeCloseTo(expected, 12);
  }
  expect(policy.probability([0, 0])).toBe(0);
});

it('draws each way as often as its probability says', () => {
  const policy = smallPolicy();
  const random = stream(1, 'draws');
  const count = new Map<string, number>();
  const [action, devices] = [new Int32Array(3), new Int32Array(2)];
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    policy.sample(random, action, devices);
    count.set(action.join(), (count.get(action.join()) ?? 0) + 1);
    expect(WAYS.find((way) => way.action.join() === action.join())?.devices).toEqual([...devices]);
  }
  for (const way of WAYS) {
    const p = Math.exp(logProbability(policy, way.action));
    // Five standard deviations of a binomial share.
    const error = Math.abs((count.get(way.action.join()) ?? 0) / draws - p);
    expect(error).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws));
  }
});
