import { mean } from '../base/statistics.ts';
import type { Cluster } from '../devices/cluster.ts';
import { disturbancesOf } from '../sim/disturbances/index.ts';
import { simulate } from '../sim/engine.ts';
import { NO_CHECKPOINTS } from '../sim/recovery.ts';
import type { Simulation } from '../sim/simulation.ts';
import { workerDevices } from '../sim/strategies/input.ts';
import { checkpointPeriod, policyFor } from './checkpointing.ts';
import { disturbanceSettings, repairSecondsOf } from './disturbances.ts';
import { computingKind } from './experiment-cluster.ts';
import type { LossCost } from './results.ts';
import { machineOptions } from './runtime.ts';
import type { Scenario } from './schema.ts';
import type { Prepared } from './training-run.ts';

/** Rounds before the loss, after it until what is left has settled, and over which its speed is measured. */
const BEFORE = 2;
const SETTLING = 2;
const MEASURED = { least: 3, most: 40 } as const;
/** Activities that are simulated for each loss. */
const ACTIVITIES = 300_000;

interface Lost {
  readonly lost: LossCost['lost'];
  readonly hosts: readonly string[];
}

/**
 * What the loss of one worker's host, of one group of workers and of one parameter server costs a run,
 * whether or not they fail in the scenario; none where it says nothing of failures. Each is lost by itself,
 * for good, in the middle of a step, and the speed of what is left is measured; from it, and from how long a
 * machine is away, the cost follows. (Workers that a staleness bound stops after a few steps count as waiting
 * from the beginning.) `groups`: into so many the workers are divided, by the strategy or for the sake of
 * comparison; 0: a group's loss is not asked for. `saving`: the run without failures.
 */
export function lossCosts(
  scenario: Scenario,
  prepared: Prepared,
  { groups, saving, seed }: { readonly groups: number; readonly saving: Simulation; readonly seed: number },
): LossCost[] {
  const { failures } = scenario;
  if (failures?.mtbf === undefined && failures?.script === undefined) return [];
  const { round } = prepared.setting;
  const updates = (BEFORE + SETTLING + measuredRounds(prepared)) * round;
  const calm = shortRun(scenario, prepared, updates, seed, []);
  const before = calm.updateSeconds[BEFORE * round - 1]!;
  const step = (calm.seconds - before) / (updates / round - BEFORE);
  const away = awaySeconds(scenario, prepared);
  const period = checkpointPeriod(policyFor(scenario, prepared), saving);
  return whatToLose(scenario, prepared, groups).map(({ lost, hosts }): LossCost => {
    const run = shortRun(scenario, prepared, updates, seed, hosts, before + step / 2);
    const restarts = run.losses.some(({ outcome }) => outcome === 'restarted');
    const speed = restarts || run.stopped !== undefined ? 0 : speedAfter(before + step / 2, run, calm, round);
    const downSeconds = restarts ? away.restarted : away.continued;
    // A step that is begun again is half done on average; a checkpoint is half a period old.
    const seconds = restarts ? downSeconds + period / 2 : Math.max(0, 1 - speed) * (downSeconds + step / 2);
    return {
      lost,
      hosts: hosts.length,
      outcome: restarts ? 'restarts' : run.stopped === undefined ? 'continues' : 'waits',
      speed,
      downSeconds: Number.isFinite(downSeconds) ? downSeconds : null,
      seconds: Number.isFinite(seconds) ? seconds : null,
    };
  });
}

function measuredRounds({ compiled }: Prepared): number {
  const perRound = compiled.loops.reduce((sum, { activities }) => sum + activities.count, 0);
  const rounds = Math.floor(ACTIVITIES / perRound) - BEFORE - SETTLING;
  return Math.min(MEASURED.most, Math.max(MEASURED.least, rounds));
}

/** The first updates of a run in which `hosts` are lost for good at `at` seconds. */
function shortRun(
  scenario: Scenario,
  { cluster, compiled }: Prepared,
  updates: number,
  seed: number,
  hosts: readonly string[],
  at = 0,
): Simulation {
  const settings = {
    ...disturbanceSettings(scenario),
    randomFailures: undefined,
    scriptedFailures: hosts.map((host) => ({ seconds: at, host, repairSeconds: Number.POSITIVE_INFINITY })),
  };
  return simulate({ ...compiled, updates }, cluster, {
    ...machineOptions(scenario.runtime, cluster),
    disturbances: disturbancesOf(settings, cluster, seed),
    checkpoints: NO_CHECKPOINTS,
  });
}

/**
 * Updates per second from when what is left has settled, over those of the undisturbed run between the same
 * updates.
 */
function speedAfter(at: number, run: Simulation, calm: Simulation, round: number): number {
  const from = run.updateSeconds.findIndex((seconds) => seconds > at) + SETTLING * round;
  const speed = updateRate(run.updateSeconds.subarray(from)) / updateRate(calm.updateSeconds.subarray(from));
  // Of steps that take no time, none is slower.
  return Number.isNaN(speed) ? 1 : speed;
}

/**
 * The slope of the number of updates over time, by least squares: updates may come in bursts, of which the
 * first and the last need not be whole.
 */
function updateRate(updateSeconds: Float64Array): number {
  const middle = mean(updateSeconds);
  const middleNumber = (updateSeconds.length - 1) / 2;
  let covariance = 0;
  let variance = 0;
  for (const [number, seconds] of updateSeconds.entries()) {
    covariance += (seconds - middle) * (number - middleNumber);
    variance += (seconds - middle) ** 2;
  }
  return covariance / variance;
}

/** From a loss until what it stopped runs again, without loss of variables and with it. */
function awaySeconds(scenario: Scenario, prepared: Prepared): { continued: number; restarted: number } {
  const { detectSeconds, restartSeconds, restoreSeconds } = policyFor(scenario, prepared);
  const continued = detectSeconds + repairSecondsOf(scenario) + restartSeconds;
  return { continued, restarted: continued + restoreSeconds };
}

/** The last worker's host; those of the last group; and the parameter server that holds most. */
function whatToLose(scenario: Scenario, { setting, cluster, compiled }: Prepared, groups: number): Lost[] {
  const { workers, parameterServers } = setting;
  const hosts = workerDevices(cluster, computingKind(scenario.cluster), workers).map(({ compute }) =>
    hostOf(cluster, compute),
  );
  const members = groups === 0 ? 0 : Math.ceil(workers / groups);
  const lost: Lost[] = [{ lost: 'worker', hosts: [hosts.at(-1)!] }];
  if (members > 0) lost.push({ lost: 'group', hosts: [...new Set(hosts.slice(-members))] });
  if (parameterServers === 0) return lost;
  const servers = [...cluster.devices.entries()].filter(([, { name }]) => name.startsWith('/job:ps/'));
  const [, fullest] = servers.reduce((most, server) =>
    compiled.residentBytes![server[0]]! > compiled.residentBytes![most[0]]! ? server : most,
  );
  return [...lost, { lost: 'server', hosts: [fullest.host] }];
}

function hostOf({ devices }: Cluster, device: string): string {
  return devices.find(({ name }) => name === device)!.host;
}
