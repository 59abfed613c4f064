import { invariant } from '../base/errors.ts';
import { lowerBounds } from './bounds.ts';
import type { Placer } from './placer.ts';
import { Advantages } from './policy/advantages.ts';
import { gumbelNoise, temperatureAt } from './policy/exploration.ts';
import { groupFeatures, taskFeatures } from './policy/group-features.ts';
import { RECURRENT_DEFAULTS, type RecurrentOptions } from './policy/recurrent-options.ts';
import { schedulePriority, serialSeconds } from './policy/yardsticks.ts';
import { placedOpGroups } from './problem.ts';
import { cappedGroups } from './seq2seq/capped-groups.ts';
import { seq2seqGraph } from './seq2seq/policy-graph.ts';
import { Trials } from './trials.ts';

export interface Seq2seqOptions extends RecurrentOptions {
  /** Op groups to aim at, and at most about how many. */
  readonly groups: number;
  readonly mostGroups: number;
  /** Placements drawn per update. */
  readonly samplesPerUpdate: number;
}

/** 100 groups and 10 placements per update are near the paper's. */
export const SEQ2SEQ_DEFAULTS: Seq2seqOptions = {
  ...RECURRENT_DEFAULTS,
  groups: 100,
  mostGroups: 128,
  samplesPerUpdate: 10,
};

/** Updates in which all samples were one placement, after which nothing more is to be learnt. */
const SURE = 5;

/**
 * "Device placement optimization with reinforcement learning" (Mirhoseini et al., ICML 2017): op groups in topological
 * order are a sentence, their devices its translation. An encoder LSTM reads the groups' embeddings, a decoder LSTM with
 * attention gives one device per group, fed back into its next step (see `deviceSequence`, `seq2seqGraph`). It is
 * trained by REINFORCE:
 *
 *     gradient = 1/K · Σ over K samples of (R(P) − B) · ∂ ln π(P),   R = −√(step time)
 *
 * with B a moving average (see `Advantages`), Adam, and a bound on the gradient's norm. The result is the best placement
 * that the policy drew; it ends early when it draws one placement only.
 *
 * Differs from the paper: the encoder is bidirectional; logits pass C · tanh(· / temperature), which the 2018 paper
 * added; the decoder also reads the encoder's output of its own group (`aligned`); one controller, not 20; groups are
 * those that other searches here move, too.
 *
 * Known weaknesses, all of them the paper's: it starts blank, and learns for each graph anew; it sees neither times nor
 * links, only kinds of ops, sizes and edges; one reward for a hundred choices says little about each, so it soon settles
 * where a few common factors decide, mostly on a single device, and searches that move few groups at a time find
 * better ones with as many evaluations.
 *
 * @throws InternalError where `context.session` is missing.
 */
export function seq2seq(options: Partial<Seq2seqOptions> = {}): Placer {
  const settings: Seq2seqOptions = { ...SEQ2SEQ_DEFAULTS, ...options };
  return {
    name: 'seq2seq',
    description: 'a recurrent policy with attention over op groups, learned on the step time (ICML 2017)',
    searches: true,
    place(problem, context) {
      const groups = cappedGroups(problem.opGroups(settings.groups), settings.mostGroups);
      const count = groups.groups.length;
      if (count === 0) {
        return {
          placement: placedOpGroups(problem, groups.groupOf, []),
          evaluations: 0,
          note: 'the constraints leave no choice',
        };
      }
      invariant(context.session !== undefined, 'seq2seq needs context.session');
      const { samplesPerUpdate: samples } = settings;
      const { deviceCount: devices } = problem;
      const tasks = taskFeatures(problem);
      const policy = seq2seqGraph(
        {
          ...settings,
          groups: count,
          devices,
          samples,
          deviceWidth: 16,
          kinds: tasks.kinds,
          kindWidth: 16,
        },
        groupFeatures(problem, tasks, groups.groupOf, count),
        groups.groups.map(({ feasible }) => feasible),
      );
      const session = context.session(policy.graph, context.random.below(2 ** 31));
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const advantages = new Advantages(
        lowerBounds(problem).seconds,
        serialSeconds(problem),
        context.failing,
        {
          decay: settings.baselineDecay,
          failuresCountUntil: settings.failuresCountUntil,
        },
      );
      const priority = schedulePriority(problem, context);
      let updates = 0;
      for (let sure = 0; trials.mayGoOn && sure < SURE; updates++) {
        const { share } = trials;
        const temperature = {
          shape: [],
          data: Float32Array.of(temperatureAt(share, settings.temperature, settings.temperatureUntil)),
        };
        const noise = {
          shape: [count, samples, devices],
          data: gumbelNoise(count * samples * devices, context.random),
        };
        const [drawn] = session.run({ feeds: { noise, temperature }, fetches: [policy.devices] });
        const scores: number[] = [];
        for (let k = 0; k < samples && trials.mayGoOn; k++) {
          const choice = Array.from({ length: count }, (_, g) => drawn![g * samples + k]!);
          scores.push(trials.score(placedOpGroups(problem, groups.groupOf, choice), priority));
        }
        const weights = new Float32Array(samples);
        weights.set(advantages.of(scores, share).map((a) => a / samples));
        const isOne = drawn!.every((d, i) => d === drawn![i - (i % samples)]);
        sure = isOne ? sure + 1 : 0;
        if (weights.every((w) => w === 0)) continue;
        const chosen = { shape: [count, samples], data: Int32Array.from(drawn!) };
        session.run({
          feeds: { chosen, temperature, weights: { shape: [samples], data: weights } },
          fetches: [],
          targets: [policy.train],
        });
      }
      return trials.result(`${count} op groups, ${updates} updates`);
    },
  };
}
