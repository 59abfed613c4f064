import { planCollective } from '../../devices/collectives/index.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { writeCollective } from '../../sim/collectives/write-collective.ts';
import { layered, trainingStepOf } from './dags.ts';

/** What is simulated, described in plain data so that it can be sent to a process of its own. */
export interface Case {
  readonly dag: DagName;
  /** Activities, about; the ring has as many as it has. */
  readonly count: number;
  /** FIFO: whole messages, stored and forwarded. */
  readonly network: 'fifo' | 'fluid';
}

export type DagName = keyof typeof DAGS;

const SEED = 1;

/** Hosts around a switch, and what happens on them. */
export const DAGS = {
  'layered, 32 hosts': { hosts: 32, build: (count: number) => layered(count, 32, SEED) },
  'training, 8/4': { hosts: 12, build: (count: number) => trainingStepOf(count, 8, 4, SEED) },
  'training, 64/32': { hosts: 96, build: (count: number) => trainingStepOf(count, 64, 32, SEED) },
  'ring, 1024': { hosts: 1024, build: () => ringAllReduce(1024) },
} as const;

/** A vector of 1 MiB per rank, one rank per host. */
function ringAllReduce(ranks: number): ActivityGraph {
  const write = new ActivityGraphBuilder();
  const devices = Int32Array.from({ length: ranks }, (_, rank) => rank);
  writeCollective(write, planCollective('all-reduce', 'ring', { ranks, bytes: 2 ** 20 }), { devices });
  return write.finish();
}
