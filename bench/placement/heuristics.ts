import { cpopSchedule } from '../../placement/cpop.ts';
import { etfSchedule } from '../../placement/etf.ts';
import { greedy } from '../../placement/greedy.ts';
import { heftSchedule } from '../../placement/heft.ts';
import { mEtf } from '../../placement/m-etf.ts';
import { mSct } from '../../placement/m-sct.ts';
import { mTopo } from '../../placement/m-topo.ts';
import { peftSchedule } from '../../placement/peft.ts';
import { random } from '../../placement/random.ts';
import { roundRobin } from '../../placement/round-robin.ts';
import { singleDevice } from '../../placement/single-device.ts';
import { staticListSchedule } from '../../placement/static-list.ts';
import { type Contestant, listed } from './contestants.ts';

/** List scheduling, by the schedules that it builds. */
export const LIST_SCHEDULERS = [
  { name: 'list', schedule: staticListSchedule },
  { name: 'etf', schedule: etfSchedule },
  { name: 'cpop', schedule: cpopSchedule },
  { name: 'peft', schedule: peftSchedule },
  { name: 'heft', schedule: (problem) => heftSchedule(problem) },
  { name: 'heft without insertion', schedule: (problem) => heftSchedule(problem, { insertion: false }) },
] as const satisfies readonly Contestant[];

/** All that do not search; of those that say only where tasks run, what a list scheduler makes of it. */
export const HEURISTICS: readonly Contestant[] = [
  listed(singleDevice()),
  listed(random()),
  listed(roundRobin),
  listed(mTopo),
  listed(mEtf),
  listed(mSct()),
  listed(greedy),
  ...LIST_SCHEDULERS,
];
