import { layered, trainingStepOf } from './dags.ts';

/** What is simulated, described in plain data so that it can be sent to a process of its own. */
export interface Case {
  readonly dag: DagName;
  /** Activities, about. */
  readonly count: number;
  /** FIFO: whole messages, stored and forwarded; unwatched: by `makespan`, which keeps no account of anything. */
  readonly network: 'fifo' | 'fifo, unwatched' | 'fluid';
}

export type DagName = keyof typeof DAGS;

const SEED = 1;

/** Hosts around a switch, and what happens on them. */
export const DAGS = {
  'layered, 32 hosts': { hosts: 32, build: (count: number) => layered(count, 32, SEED) },
  'training, 8/4': { hosts: 12, build: (count: number) => trainingStepOf(count, 8, 4, SEED) },
  'training, 64/32': { hosts: 96, build: (count: number) => trainingStepOf(count, 64, 32, SEED) },
} as const;
