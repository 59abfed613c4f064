import { invariant } from '../base/errors.ts';
import { mean } from '../base/statistics.ts';
import { lowerBounds } from './bounds.ts';
import { devicesOfItems, drawnGroups, groupEmbeddings, groupMask } from './hierarchical/grouping.ts';
import { itemColumns, itemsOf } from './hierarchical/item-features.ts';
import { hierarchicalGraph } from './hierarchical/policy-graph.ts';
import type { Placer } from './placer.ts';
import { Advantages } from './policy/advantages.ts';
import { gumbelNoise, temperatureAt } from './policy/exploration.ts';
import { groupFeatures, taskFeatures } from './policy/group-features.ts';
import { RECURRENT_DEFAULTS, type RecurrentOptions } from './policy/recurrent-options.ts';
import { schedulePriority, serialSeconds } from './policy/yardsticks.ts';
import { type PlacementProblem, placedOpGroups } from './problem.ts';
import { Trials } from './trials.ts';

/** The norms of the grouper's and of the placer's gradients are bounded each, and the temperature is the placer's. */
export interface HierarchicalOptions extends RecurrentOptions {
  /** Groups that the grouper has to choose from: so many per device, and at most `mostGroups`. */
  readonly groupsPerDevice: number;
  readonly mostGroups: number;
  readonly grouperHidden: number;
  /** Placements drawn per grouping. */
  readonly samplesPerUpdate: number;
}

/** Groups per device, the grouper and placements per grouping are the paper's or its code's. */
export const HIERARCHICAL_DEFAULTS: HierarchicalOptions = {
  ...RECURRENT_DEFAULTS,
  groupsPerDevice: 20,
  mostGroups: 100,
  grouperHidden: 64,
  samplesPerUpdate: 4,
};

/**
 * "A hierarchical model for device placement" (Mirhoseini et al., ICLR 2018): a grouper, a feed-forward network with one
 * hidden layer, gives each op a group; a placer, the recurrent policy of the 2017 paper, gives each group a device. What
 * the grouper sorts are colocation groups here, so that constraints always hold. Both are trained by REINFORCE, on m = 1
 * grouping per update and k = 4 placements of it:
 *
 *     grouper: ∂ ln P(grouping) · mean over the k placements of (R − B),   placer: 1/k · Σ ∂ ln P(d | grouping) · (R − B)
 *
 * with R = −√(step time) and B a moving average (see `Advantages`), Adam and clipped gradients, each with its own. The
 * result is the best placement that was drawn.
 *
 * Differs from the paper: an op's features have the sizes of its outputs in bytes, since tasks have no shapes; the
 * decoder also reads the encoder's output of its own group; Adam's rate is 0.003 and not 0.1, as for smaller layers
 * and fewer updates.
 *
 * Known weaknesses: those of `seq2seq`; and a grouping that is drawn op by op cuts nearly every edge at first, so that the
 * first thing both learn is to bring everything to one device, the grouper by putting most ops into a few groups. In 1,000
 * evaluations it does not get beyond that.
 *
 * @throws InternalError where `context.session` is missing.
 */
export function hierarchical(options: Partial<HierarchicalOptions> = {}): Placer {
  const settings: HierarchicalOptions = { ...HIERARCHICAL_DEFAULTS, ...options };
  return {
    name: 'hierarchical',
    description:
      'a network that groups ops and a recurrent one that places groups, learned together (ICLR 2018)',
    searches: true,
    place(problem, context) {
      const items = itemsOf(problem);
      if (items.count === 0) {
        return {
          placement: placedOpGroups(problem, items.itemOf, []),
          evaluations: 0,
          note: 'the constraints leave no choice',
        };
      }
      invariant(context.session !== undefined, 'hierarchical needs context.session');
      const { samplesPerUpdate: samples } = settings;
      const { deviceCount: devices } = problem;
      const groups = Math.min(settings.mostGroups, settings.groupsPerDevice * devices, items.count);
      const tasks = taskFeatures(problem);
      const ofItems = groupFeatures(problem, tasks, items.itemOf, items.count);
      const policy = hierarchicalGraph(
        {
          ...settings,
          groups,
          devices,
          samples,
          items: items.count,
          kinds: tasks.kinds,
          kindWidth: 20,
          deviceWidth: 16,
        },
        ofItems.kindCounts.map((count, i) => count / ofItems.tasks[Math.floor(i / tasks.kinds)]!),
        itemColumns(problem, items, ofItems),
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
      const work = itemWork(problem, items.itemOf, items.count);
      let updates = 0;
      for (; trials.mayGoOn; updates++) {
        const { share } = trials;
        const [probability] = session.run({ feeds: {}, fetches: [policy.groupProbability] });
        const grouping = drawnGroups(probability!, groups, context.random);
        const groupOf = items.itemOf.map((item) => (item < 0 ? -1 : grouping[item]!));
        const embeddings = groupEmbeddings(
          groupFeatures(problem, tasks, groupOf, groups),
          groups,
          tasks.kinds,
        );
        const feeds = {
          embeddings: { shape: [groups, embeddings.length / groups], data: embeddings },
          mask: { shape: [groups, devices], data: groupMask(grouping, items, groups, devices) },
          temperature: {
            shape: [],
            data: Float32Array.of(temperatureAt(share, settings.temperature, settings.temperatureUntil)),
          },
        };
        const noise = {
          shape: [groups, samples, devices],
          data: gumbelNoise(groups * samples * devices, context.random),
        };
        const [drawn] = session.run({ feeds: { ...feeds, noise }, fetches: [policy.devices] });
        const scores: number[] = [];
        for (let k = 0; k < samples && trials.mayGoOn; k++) {
          const deviceOf = Array.from({ length: groups }, (_, g) => drawn![g * samples + k]!);
          const choice = devicesOfItems(grouping, deviceOf, items, work, devices);
          scores.push(trials.score(placedOpGroups(problem, items.itemOf, choice), priority));
        }
        const weights = new Float32Array(samples);
        weights.set(advantages.of(scores, share).map((a) => a / samples));
        if (weights.every((w) => w === 0)) continue;
        session.run({
          feeds: {
            ...feeds,
            grouping: { shape: [items.count], data: grouping },
            chosen: { shape: [groups, samples], data: Int32Array.from(drawn!) },
            weights: { shape: [samples], data: weights },
            grouping_weight: { shape: [], data: Float32Array.of(samples * mean(weights)) },
          },
          fetches: [],
          targets: [policy.train],
        });
      }
      return trials.result(`${items.count} items in ${groups} groups, ${updates} updates`);
    },
  };
}

/** `[item, device]`: seconds of an item's tasks. */
function itemWork(
  { taskCount, deviceCount, seconds }: PlacementProblem,
  itemOf: Int32Array,
  count: number,
): Float64Array {
  const work = new Float64Array(count * deviceCount);
  for (let task = 0; task < taskCount; task++) {
    if (itemOf[task]! < 0) continue;
    for (let d = 0; d < deviceCount; d++)
      work[itemOf[task]! * deviceCount + d]! += seconds[task * deviceCount + d]!;
  }
  return work;
}
