import { parseQuantity } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { dalyInterval, type FailureCosts, goodputOfInterval } from '../sim/checkpoint-interval.ts';
import { matches } from '../sim/disturbances/pattern.ts';
import type { Program } from '../sim/program.ts';
import type { CheckpointPolicy } from '../sim/recovery.ts';
import type { Simulation } from '../sim/simulation.ts';
import { checkpointPolicy, repairSecondsOf } from './disturbances.ts';
import type { Checkpointing } from './results.ts';
import type { Scenario } from './schema.ts';

/** What runs, and on what: decides whose failures lose variables. */
interface Running {
  readonly cluster: Cluster;
  readonly compiled: Pick<Program, 'residentBytes'>;
}

/**
 * Mean seconds between the failures at random that take variables with them, so that the job goes back to its checkpoint;
 * Infinity: there are none. Rates of machines that fail independently of each other add up.
 */
export function secondsBetweenRestarts(
  { failures }: Pick<Scenario, 'failures'>,
  { cluster: { devices }, compiled: { residentBytes } }: Running,
): number {
  const mtbf = failures?.mtbf;
  if (mtbf === undefined) return Number.POSITIVE_INFINITY;
  const rateOf = (time: string | undefined): number =>
    time === undefined ? 0 : 1 / parseQuantity(time, 'seconds');
  const holding = devices.filter(
    ({ host }, device) => (residentBytes?.[device] ?? 0) > 0 && matches(mtbf.hosts, host),
  );
  const hosts = new Set(holding.map(({ host }) => host));
  const rate = hosts.size * rateOf(mtbf.host) + holding.length * rateOf(mtbf.device);
  return rate === 0 ? Number.POSITIVE_INFINITY : 1 / rate;
}

/** When a run saves, and what its failures cost it, in the simulator's terms. */
export function policyFor(scenario: Scenario, running: Running): CheckpointPolicy {
  return checkpointPolicy(scenario, secondsBetweenRestarts(scenario, running));
}

/** Mean seconds from the beginning of one checkpoint to that of the next, in a run without failures; Infinity: never. */
export function checkpointPeriod(
  { everyUpdates, everySeconds = Number.POSITIVE_INFINITY }: CheckpointPolicy,
  { seconds, updateSeconds }: Pick<Simulation, 'seconds' | 'updateSeconds'>,
): number {
  return Math.min(everySeconds, everyUpdates * (seconds / Math.max(1, updateSeconds.length)));
}

/**
 * The interval between checkpoints of a run beside Daly's, and what his model expects of both; null where there are no
 * checkpoints. `saving`: the run without failures.
 */
export function checkpointingOf(
  scenario: Scenario,
  running: Running,
  saving: Simulation,
): Checkpointing | null {
  if (scenario.failures?.checkpoint === undefined) return null;
  const policy = policyFor(scenario, running);
  const { writeSeconds, detectSeconds, restartSeconds, restoreSeconds } = policy;
  const repair = repairSecondsOf(scenario);
  const costs: FailureCosts = {
    betweenFailures: secondsBetweenRestarts(scenario, running),
    write: writeSeconds,
    restart: detectSeconds + restartSeconds + restoreSeconds,
    repair,
  };
  const period = checkpointPeriod(policy, saving);
  const best = dalyInterval(costs) + writeSeconds;
  // Neither of jobs that nobody repairs nor of ones that do nothing but write does the model say anything.
  const expected = (of: number): number | null =>
    repair === Number.POSITIVE_INFINITY || of <= writeSeconds
      ? null
      : goodputOfInterval(of - writeSeconds, costs);
  return {
    periodSeconds: orNull(period),
    optimalSeconds: orNull(best),
    betweenFailuresSeconds: orNull(costs.betweenFailures),
    expected: expected(period),
    expectedAtOptimum: expected(best),
  };
}

const orNull = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds : null);
