import type { DeviceMemory, Results, TrainingRun } from '../scenarios/results.ts';
import { lowerBound, objectiveInWords } from './sections/placement-objective.ts';

type Value = string | number | null | undefined;

/**
 * One row per training run, all figures with their units in the column names. RFC 4180: CRLF, quotes where needed.
 * Shares are between 0 and 1; figures that a run does not have are empty.
 */
export function stepsCsv(results: Results): string {
  return csv(
    results.training.flatMap((experiment) =>
      experiment.runs.map((run) => {
        const mean = (share: (use: (typeof run.devices)[number]) => number) =>
          run.devices.length === 0
            ? null
            : run.devices.reduce((sum, use) => sum + share(use), 0) / run.devices.length;
        const losses = run.learning?.heldOutLoss.filter((loss) => loss !== null) ?? [];
        return {
          experiment: experiment.name,
          model: experiment.model.name,
          cluster: experiment.cluster,
          seed: results.seed,
          trials: experiment.trials,
          strategy: run.strategy,
          label: run.label,
          workers: run.workers,
          replicas: run.replicas,
          backups: Number(run.options.backups ?? 0),
          parameter_servers: run.parameterServers,
          batch_per_worker_samples: experiment.batchPerWorker,
          learning_rate:
            experiment.learningRateScaling === null
              ? experiment.learningRate
              : (experiment.learningRate * run.samplesPerUpdate) / experiment.batchPerWorker,
          updates: run.updates,
          samples_per_update: run.samplesPerUpdate,
          simulated_seconds: run.simulatedSeconds,
          step_count: run.stepSeconds.count,
          step_mean_seconds: ofSteps(run, run.stepSeconds.mean),
          step_mean_half_width_seconds: run.stepSeconds.meanInterval?.halfWidth,
          step_mean_confidence_share: run.stepSeconds.meanInterval?.confidence,
          step_mean_interval_from: run.stepSeconds.meanInterval?.from,
          step_p50_seconds: ofSteps(run, run.stepSeconds.p50),
          step_p90_seconds: ofSteps(run, run.stepSeconds.p90),
          step_p99_seconds: ofSteps(run, run.stepSeconds.p99),
          step_max_seconds: ofSteps(run, run.stepSeconds.max),
          samples_per_second: ofSteps(run, run.samplesPerSecond),
          speed_up_factor: ofSteps(run, run.speedUp),
          speed_up_half_width_factor: run.speedUpInterval?.halfWidth,
          efficiency_share: ofSteps(run, run.efficiency),
          gradients_applied_tensors: run.gradientsApplied,
          gradients_dropped_tensors: run.gradientsDropped,
          staleness_mean_updates: run.staleness.mean,
          staleness_p50_updates: run.staleness.p50,
          staleness_p90_updates: run.staleness.p90,
          staleness_max_updates: run.staleness.max,
          device_compute_mean_share: mean((use) => use.compute),
          device_communication_mean_share: mean((use) => use.communication),
          device_waiting_mean_share: mean((use) => use.waiting),
          busiest_link_load_share:
            run.links.length === 0 ? null : Math.max(...run.links.map((link) => link.load)),
          links_carried_bytes: run.links.reduce((sum, link) => sum + link.bytes, 0),
          held_out_loss_last: run.learning?.heldOutLoss.at(-1),
          held_out_loss_lowest: losses.length === 0 ? null : Math.min(...losses),
          held_out_accuracy_last_share: run.learning?.heldOutAccuracy.at(-1),
          target_measure: run.learning?.target.measure,
          target_value: run.learning?.target.value,
          target_reached_seconds: run.learning?.secondsToTarget,
          target_reached_samples: run.learning?.samplesToTarget,
          failures: run.losses.failures,
          restarts: run.losses.restarts,
          updates_lost: run.losses.updatesLost,
          goodput_share: run.goodput?.useful,
          stopped_because: run.stopped,
          out_of_memory_device: run.outOfMemory?.device,
          memory_fullest_footprint_share: fullest(run.memory),
        };
      }),
    ),
  );
}

/** A figure of steps; none where a run stopped before there was a step to time. */
function ofSteps({ stepSeconds }: TrainingRun, figure: number): number | null {
  return stepSeconds.count === 0 ? null : figure;
}

/** Share of its capacity that the fullest device would need: above 1, the run does not fit. */
function fullest(memory: readonly DeviceMemory[]): number | null {
  const shares = memory.map(({ footprintBytes, capacityBytes }) => footprintBytes / capacityBytes);
  return shares.length === 0 ? null : Math.max(...shares);
}

const OBJECTIVE_UNITS: { readonly [objective: string]: string } = {
  'step-time': 'seconds',
  throughput: 'seconds',
  'peak-memory': 'share',
  cost: 'dollars',
};

/**
 * One row per placement, in the same form as stepsCsv; of placers that draw, the draw in the middle. `portfolio_draw` is
 * there in one row: that of the placer that found the best of all, and says in which of its draws.
 */
export function placementsCsv(results: Results): string {
  return csv(
    results.placement.flatMap((experiment) =>
      experiment.runs.map((run) => ({
        experiment: experiment.name,
        model: experiment.model.name,
        cluster: experiment.cluster,
        seed: results.seed,
        placer: run.placer,
        label: run.label,
        batch_samples: experiment.batch,
        objective: experiment.objective,
        objective_value: objectiveInWords(experiment).measureOf(run),
        objective_unit: OBJECTIVE_UNITS[experiment.objective],
        draws: run.draws.count,
        step_seconds: run.stepSeconds,
        step_least_of_draws_seconds: run.draws.leastSeconds,
        step_most_of_draws_seconds: run.draws.mostSeconds,
        pipelined_step_seconds: run.bottleneckSeconds,
        speed_up_factor: run.speedUp,
        bound_critical_path_seconds: experiment.bounds.criticalPathSeconds,
        bound_area_seconds: experiment.bounds.areaSeconds,
        bound_colocation_seconds: experiment.bounds.groupSeconds,
        bound_communication_seconds: experiment.bounds.communicationSeconds,
        bound_head_tail_seconds: experiment.bounds.headTailSeconds,
        step_above_bound_share:
          lowerBound(experiment) > 0 ? run.stepSeconds / lowerBound(experiment) - 1 : null,
        evaluations: run.evaluations,
        evaluations_that_did_not_fit: run.failures,
        portfolio_draw: run.label === experiment.portfolio.label ? experiment.portfolio.trial + 1 : null,
        portfolio_step_seconds: experiment.portfolio.stepSeconds,
        op_times_off_least_step_seconds: run.robustness?.leastSeconds,
        op_times_off_median_step_seconds: run.robustness?.medianSeconds,
        op_times_off_most_step_seconds: run.robustness?.mostSeconds,
        op_times_off_first_share: run.robustness?.firstShare,
        half_bandwidth_step_seconds: run.robustness?.halfBandwidthSeconds,
        crosses_devices_bytes: run.transferBytes,
        nodes: run.nodesPerDevice.reduce((sum, count) => sum + count, 0),
        devices_used: run.nodesPerDevice.filter((count) => count > 0).length,
        out_of_memory_device: run.outOfMemory?.device,
        memory_fullest_footprint_share: fullest(run.memory),
      })),
    ),
  );
}

function csv(rows: readonly { readonly [column: string]: Value }[]): string {
  if (rows.length === 0) return '';
  const lines = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises. */
function field(value: Value): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[\s\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]/.test(value)
    ? `'${value}`
    : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
