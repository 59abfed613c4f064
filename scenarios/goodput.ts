import { meanEstimate } from '../base/confidence.ts';
import { mean } from '../base/statistics.ts';
import { lostTime } from '../sim/lost-time.ts';
import { type CheckpointPolicy, NO_CHECKPOINTS } from '../sim/recovery.ts';
import type { Simulation } from '../sim/simulation.ts';
import { checkpointingOf, policyFor } from './checkpointing.ts';
import { disturbanceSettings, isRandom } from './disturbances.ts';
import type { Goodput, TimeShares } from './results.ts';
import type { Scenario } from './schema.ts';
import { type Prepared, simulateTrial } from './training-run.ts';

/** A run without failures, and with neither failures nor checkpoints, under the same luck. */
export interface Undisturbed {
  readonly saving: Simulation;
  readonly calm: Simulation;
}

/**
 * Goodput is the share of the time that makes progress which lasts: as long as the same updates take where
 * nothing fails and nothing is saved, over the time that they took. (That is the "effective training time" of
 * The Llama 3 Herd of Models, 2024, section 3.3.4, useful training over elapsed time, and of MegaScale, NSDI
 * 2024; Google's ML Goodput Measurement library speaks of the share of time that makes productive,
 * preserved training progress, and calls the rest badput.) The rest is told apart by its cause:
 *
 * - undone: work that a failure undid, since the last checkpoint that was written;
 * - down: from failures that lost variables until the job ran again;
 * - checkpoints: what a checkpoint lengthens the run by where nothing fails, times the checkpoints that were written;
 * - waiting: what is left, for machines without variables that are away, and for steps that they begin again.
 */
export function timeShares(run: Simulation, { saving, calm }: Undisturbed): TimeShares {
  const { seconds, updateSeconds, checkpointsWritten } = run;
  if (seconds === 0) return { useful: 0, checkpoints: 0, undone: 0, down: 0, waiting: 1 };
  const { undone, down } = lostTime(run);
  const running = seconds - undone - down;
  const perCheckpoint =
    saving.checkpointsWritten === 0 ? 0 : (saving.seconds - calm.seconds) / saving.checkpointsWritten;
  // A run's luck may differ from that of the runs it is compared with, once a step was repeated: no part is
  // more than is left.
  const checkpoints = Math.min(running, Math.max(0, perCheckpoint) * checkpointsWritten);
  const useful = Math.min(running - checkpoints, calm.updateSeconds[updateSeconds.length - 1] ?? 0);
  const rest = (running - checkpoints - useful) / seconds;
  return {
    useful: useful / seconds,
    checkpoints: checkpoints / seconds,
    undone: undone / seconds,
    down: down / seconds,
    waiting: rest < ROUNDING ? 0 : rest,
  };
}

/** Shares of the time below this are what rounding leaves of a difference. */
const ROUNDING = 1e-9;

/** What the time of a run went into, trial by trial. For scenarios that say something of failures. */
export class TimeAccount {
  private readonly scenario: Scenario;
  private readonly prepared: Prepared;
  private readonly shares: TimeShares[] = [];
  /** Without other luck than failures, all trials are compared with this. */
  private first: Undisturbed | undefined;
  private readonly varies: boolean;

  constructor(scenario: Scenario, prepared: Prepared) {
    this.scenario = scenario;
    this.prepared = prepared;
    this.varies = isRandom(disturbanceSettings(withoutFailures(scenario)));
  }

  /** Adds a trial. */
  add(run: Simulation, seed: number | string): void {
    const undisturbed =
      this.first === undefined || this.varies
        ? simulateUndisturbed(this.scenario, this.prepared, seed)
        : this.first;
    this.first ??= undisturbed;
    this.shares.push(timeShares(run, undisturbed));
  }

  /** The first trial without failures. */
  get saving(): Simulation {
    return this.first!.saving;
  }

  /** Means over trials. */
  goodput(confidence: number): Goodput {
    const { shares } = this;
    const meanOf = (part: keyof TimeShares): number => mean(shares.map((trial) => trial[part]));
    const useful = shares.map((trial) => trial.useful);
    return {
      useful: meanOf('useful'),
      checkpoints: meanOf('checkpoints'),
      undone: meanOf('undone'),
      down: meanOf('down'),
      waiting: meanOf('waiting'),
      interval:
        useful.length < 2
          ? null
          : {
              halfWidth: meanEstimate(useful, confidence).halfWidth,
              confidence,
              from: 'trials',
              count: useful.length,
            },
      checkpointing: checkpointingOf(this.scenario, this.prepared, this.saving),
    };
  }
}

function withoutFailures(scenario: Scenario): Scenario {
  return { ...scenario, failures: undefined };
}

function simulateUndisturbed(scenario: Scenario, prepared: Prepared, seed: number | string): Undisturbed {
  const simulated = (policy: CheckpointPolicy): Simulation =>
    simulateTrial(withoutFailures(scenario), prepared, seed, () => {}, { checkpoints: policy });
  const policy = policyFor(scenario, prepared);
  const calm = simulated(NO_CHECKPOINTS);
  const saves = Number.isFinite(policy.everyUpdates) || Number.isFinite(policy.everySeconds ?? Infinity);
  return { calm, saving: saves ? simulated(policy) : calm };
}
