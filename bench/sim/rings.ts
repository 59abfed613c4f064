import { planCollective } from '../../devices/collectives/index.ts';
import type { CollectivePlan } from '../../devices/collectives/rounds.ts';
import { messageCount } from '../../devices/collectives/rounds.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { foldedSeconds } from '../../sim/collectives/folded.ts';
import { writeCollective } from '../../sim/collectives/write-collective.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';
import { cpuSecondsOf } from '../measure.ts';
import { star } from './star.ts';

/** A ring all-reduce of 1 MiB per device, one device per host. */
export interface Ring {
  readonly ranks: number;
  readonly how: 'flow by flow' | 'folded';
}

export interface RingRun extends Ring {
  readonly transfers: number;
  /** CPU seconds of all that a user waits for: making the cluster and the plan, and simulating it, once and cold. */
  readonly seconds: number;
  /** Simulated seconds. */
  readonly makespan: number;
}

export function runRing({ ranks, how }: Ring): RingRun {
  let makespan: number | undefined;
  let transfers = 0;
  const seconds = cpuSecondsOf(() => {
    const cluster = star(ranks);
    const plan = planCollective('all-reduce', 'ring', { ranks, bytes: 2 ** 20 });
    const devices = Int32Array.from({ length: ranks }, (_, rank) => rank);
    transfers = messageCount(plan);
    makespan =
      how === 'folded'
        ? foldedSeconds(plan, cluster, { devices })
        : simulateActivities(flowByFlow(plan, devices), cluster).seconds;
  });
  if (makespan === undefined) throw new Error('a ring around a switch cannot be folded');
  return { ranks, how, transfers, seconds, makespan };
}

function flowByFlow(plan: CollectivePlan, devices: Int32Array): ActivityGraph {
  const write = new ActivityGraphBuilder();
  writeCollective(write, plan, { devices });
  return write.finish();
}
