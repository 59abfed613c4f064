import { quantile } from '../../base/statistics.ts';
import type { Case } from './cases.ts';
import type { Timing } from './child.ts';
import type { QueueRate } from './queues.ts';
import type { RingRun } from './rings.ts';

/** A case's times over all its processes, in microseconds of CPU time per activity. */
export interface CaseFigures extends Case {
  readonly activities: number;
  readonly makespan: number;
  readonly build: number;
  readonly cold: number;
  readonly warm: number;
  /** The least of all runs: what disturbs a run can only add to it. */
  readonly warmLeast: number;
  readonly warmRuns: number;
}

export interface MemoryFigures extends Case {
  readonly activities: number;
  /** Peak bytes per activity when the DAG is made, and when it has been simulated. */
  readonly build: number;
  readonly simulate: number;
}

export interface PeerFigures extends Case {
  readonly peer: string;
  readonly activities: number;
  /** Microseconds of CPU time per activity. */
  readonly peerMicroseconds: number;
  /** Times that of stepcast, warm and cold. */
  readonly ratio: number;
  readonly ratioCold: number;
  readonly makespan: number;
  readonly peerMakespan: number;
  /** Relative difference of the makespans that must hold; undefined where chaos forbids to ask for one. */
  readonly tolerance: number | undefined;
}

/** What the benchmark measured: the contents of `--json`. */
export interface Figures {
  readonly node: string;
  readonly cpu: string;
  readonly quick: boolean;
  readonly queues: readonly QueueRate[];
  readonly cases: readonly CaseFigures[];
  readonly memory: readonly MemoryFigures[];
  readonly peers: readonly PeerFigures[];
  readonly missingPeers: readonly string[];
  readonly rings: readonly RingRun[];
  readonly goals: readonly GoalFigure[];
}

export interface GoalFigure {
  readonly goal: string;
  readonly unit: string;
  readonly limit: number;
  readonly atLeast: boolean;
  /** Undefined where it was not measured. */
  readonly figure: number | undefined;
  readonly met: boolean;
}

/** Combines the timings of one case from several processes. */
export function caseFigures(what: Case, timings: readonly Timing[]): CaseFigures {
  const { count, makespan } = timings[0]!;
  if (timings.some((each) => each.makespan !== makespan))
    throw new Error('the same DAG took different times');
  const perActivity = (seconds: number): number => (seconds / count) * 1e6;
  const median = (of: (timing: Timing) => readonly number[]): number =>
    perActivity(quantile(timings.flatMap(of), 0.5));
  const warm = timings.flatMap(({ warmSeconds }) => warmSeconds);
  return {
    ...what,
    activities: count,
    makespan,
    build: median(({ buildSeconds }) => [buildSeconds]),
    cold: median(({ coldSeconds }) => [coldSeconds]),
    warm: median(({ warmSeconds }) => warmSeconds),
    warmLeast: perActivity(Math.min(...warm)),
    warmRuns: warm.length,
  };
}
