import { annealing } from '../../placement/annealing.ts';
import { cpopSchedule } from '../../placement/cpop.ts';
import { crossEntropy } from '../../placement/cross-entropy.ts';
import { etfSchedule } from '../../placement/etf.ts';
import { genetic } from '../../placement/genetic.ts';
import { heftSchedule } from '../../placement/heft.ts';
import { PLACERS } from '../../placement/index.ts';
import { peftSchedule } from '../../placement/peft.ts';
import type { Placer } from '../../placement/placer.ts';
import { staticListSchedule } from '../../placement/static-list.ts';
import { type Contestant, listed, ordered } from './contestants.ts';

/** List scheduling, by the schedules that it builds. */
export const LIST_SCHEDULERS = [
  { name: 'static-list', schedule: staticListSchedule },
  { name: 'etf', schedule: etfSchedule },
  { name: 'cpop', schedule: cpopSchedule },
  { name: 'peft', schedule: peftSchedule },
  { name: 'heft', schedule: (problem) => heftSchedule(problem) },
  { name: 'heft without insertion', schedule: (problem) => heftSchedule(problem, { insertion: false }) },
] as const satisfies readonly Contestant[];

/** All placers that do not search. */
export const HEURISTIC_PLACERS: readonly Placer[] = Object.values<Placer>(PLACERS).filter(
  ({ searches }) => searches !== true,
);

/** The same; of those that say only where tasks run, what a list scheduler makes of it. */
export const HEURISTICS: readonly Contestant[] = [
  ...HEURISTIC_PLACERS.filter(({ name }) =>
    LIST_SCHEDULERS.every((scheduler) => scheduler.name !== name),
  ).map(listed),
  ...LIST_SCHEDULERS,
];

/** Searches that seek an order of tasks too. Those of the learned policies seek only a placement. */
export const searches = (evaluations: number): Contestant[] =>
  [annealing(), genetic(), crossEntropy()].map((placer) => ordered(placer, evaluations));
