import { greedy } from '../../placement/greedy.ts';
import { roundRobin } from '../../placement/round-robin.ts';
import { singleDevice } from '../../placement/single-device.ts';
import { type Contestant, listed } from './contestants.ts';

/** Placers that do not search, each as good as it can on instances without memory. */
export const HEURISTICS: readonly Contestant[] = [listed(singleDevice()), listed(roundRobin), listed(greedy)];
