import { UserError, unknownName } from '../../base/errors.ts';
import { type CollectiveAlgorithm, type CollectiveTask, checkedTask, type LinearCost } from './algorithm.ts';
import { blockwiseRingAllToAll, pairwiseAllToAll, ringAllToAll } from './all-to-all.ts';
import { bruckAllGather, bruckAllToAll } from './bruck.ts';
import { chainBroadcast, chainReduce } from './chain.ts';
import {
  directAllReduce,
  directBroadcast,
  directExchange,
  directReduce,
  directReduceScatter,
} from './direct.ts';
import { doubleBinaryTree } from './double-binary-tree.ts';
import { halvingDoubling } from './halving-doubling.ts';
import { hierarchicalAllGather, hierarchicalAllReduce, hierarchicalReduceScatter } from './hierarchical.ts';
import {
  recursiveDoublingAllGather,
  recursiveDoublingAllReduce,
  recursiveHalvingReduceScatter,
} from './recursive-doubling.ts';
import { bidirectionalRingAllReduce, ringAllGather, ringAllReduce, ringReduceScatter } from './ring.ts';
import type { CollectivePlan } from './rounds.ts';
import { treeAllReduce, treeBroadcast, treeReduce } from './tree.ts';

/** By collective, then by algorithm. */
export const COLLECTIVES = {
  'all-reduce': {
    ring: ringAllReduce,
    'bidirectional-ring': bidirectionalRingAllReduce,
    tree: treeAllReduce,
    'double-binary-tree': doubleBinaryTree,
    'halving-doubling': halvingDoubling,
    'recursive-doubling': recursiveDoublingAllReduce,
    direct: directAllReduce,
    hierarchical: hierarchicalAllReduce,
  },
  'reduce-scatter': {
    ring: ringReduceScatter,
    'recursive-halving': recursiveHalvingReduceScatter,
    direct: directReduceScatter,
    hierarchical: hierarchicalReduceScatter,
  },
  'all-gather': {
    ring: ringAllGather,
    'recursive-doubling': recursiveDoublingAllGather,
    bruck: bruckAllGather,
    direct: directExchange,
    hierarchical: hierarchicalAllGather,
  },
  'all-to-all': {
    direct: directExchange,
    pairwise: pairwiseAllToAll,
    bruck: bruckAllToAll,
    ring: ringAllToAll,
    'blockwise-ring': blockwiseRingAllToAll,
  },
  broadcast: { direct: directBroadcast, tree: treeBroadcast, chain: chainBroadcast },
  reduce: { direct: directReduce, tree: treeReduce, chain: chainReduce },
} as const satisfies { readonly [collective: string]: { readonly [algorithm: string]: CollectiveAlgorithm } };

export type CollectiveName = keyof typeof COLLECTIVES;

/** Algorithms for a collective, by name. @throws UserError where there is no such collective. */
export function algorithmsFor(collective: string): { readonly [algorithm: string]: CollectiveAlgorithm } {
  if (Object.hasOwn(COLLECTIVES, collective)) return COLLECTIVES[collective as CollectiveName];
  throw new UserError(unknownName('collective', collective, Object.keys(COLLECTIVES)));
}

/** @throws UserError where there is no such collective or no such algorithm for it. */
export function algorithmFor(collective: string, algorithm: string): CollectiveAlgorithm {
  const rows = algorithmsFor(collective);
  if (Object.hasOwn(rows, algorithm)) return rows[algorithm]!;
  throw new UserError(unknownName(`algorithm for ${collective}`, algorithm, Object.keys(rows)));
}

/**
 * Who sends what to whom, and when:
 *
 *     planCollective('all-reduce', 'ring', { ranks: 8, bytes: 1e6 })
 *
 * @throws UserError for unknown names, and for a task that makes no sense or that the algorithm cannot do.
 */
export function planCollective(collective: string, algorithm: string, task: CollectiveTask): CollectivePlan {
  const row = algorithmFor(collective, algorithm);
  return row.plan(acceptedTask(collective, algorithm, task));
}

/** Closed form of the algorithm's time on one full-duplex switch. @throws UserError as `planCollective` does. */
export function collectiveSeconds(
  collective: string,
  algorithm: string,
  task: CollectiveTask,
  cost: LinearCost,
): number {
  const row = algorithmFor(collective, algorithm);
  return row.seconds(acceptedTask(collective, algorithm, task), { reduceSecondsPerByte: 0, ...cost });
}

function acceptedTask(collective: string, algorithm: string, task: CollectiveTask): Required<CollectiveTask> {
  const checked = checkedTask(task);
  const refusal = algorithmFor(collective, algorithm).refusal?.(checked);
  if (refusal !== undefined) throw new UserError(`${collective} by ${algorithm} ${refusal}`);
  return checked;
}
