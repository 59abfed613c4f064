import { UserError } from '../../base/errors.ts';
import type { InferenceRun, PlacementRun, Results, TrainingRun } from '../results.ts';
import { runScenario } from '../run.ts';
import type { SweepFigures, SweepJob, SweepRow } from './job.ts';

/**
 * Runs the scenario of a job and keeps the figures that sweeps compare: those that `stepcast run` would print. What is
 * wrong with the scenario is told in the row; anything else is thrown. Placers search on this thread.
 */
export async function runSweepJob({ sweep, key, index, values, scenario }: SweepJob): Promise<SweepRow> {
  const { seed } = scenario;
  const row = { sweep, key, index, seed, values };
  try {
    const results = await runScenario(scenario, { seed, brief: true, placing: { jobs: 1 } });
    return { ...row, error: null, figures: figuresOf(results) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...row, error: error.message, figures: [] };
  }
}

/** What a sweep keeps of results, in their order. */
export function figuresOf({ training, placement, inference = [] }: Results): SweepFigures[] {
  return [
    ...training.flatMap(({ name, batchPerWorker, runs }) =>
      runs.map((run) => ({ experiment: name, ...ofTraining(run, batchPerWorker) })),
    ),
    ...placement.flatMap(({ name, batch, runs }) =>
      runs.map((run) => ({ experiment: name, ...ofPlacement(run, batch) })),
    ),
    ...inference.flatMap(({ name, latencySeconds, runs }) =>
      runs.map((run) => ({ experiment: name, ...ofInference(run, latencySeconds !== null) })),
    ),
  ];
}

type OfRun = Omit<SweepFigures, 'experiment'>;

function ofTraining(run: TrainingRun, batch: number): OfRun {
  const hasSteps = run.stepSeconds.count > 0;
  return {
    kind: 'training',
    label: run.label,
    workers: run.workers,
    parameterServers: run.parameterServers,
    batch,
    // Of a run that ended before its first step, zeros would be read as fast.
    stepSeconds: hasSteps ? run.stepSeconds.mean : null,
    stepSecondsP99: hasSteps ? run.stepSeconds.p99 : null,
    samplesPerSecond: hasSteps ? run.samplesPerSecond : null,
    speedUp: hasSteps ? run.speedUp : null,
    efficiency: hasSteps ? run.efficiency : null,
    dollarsPerMillionSamples: run.economy?.dollarsPerMillionSamples ?? null,
    joulesPerStep: run.economy?.joulesPerStep ?? null,
    outOfMemory: run.outOfMemory !== null,
    stopped: run.stopped,
  };
}

function ofPlacement(run: PlacementRun, batch: number): OfRun {
  return {
    kind: 'placement',
    label: run.label,
    workers: null,
    parameterServers: null,
    batch,
    stepSeconds: run.stepSeconds,
    stepSecondsP99: null,
    samplesPerSecond: batch / run.stepSeconds,
    speedUp: run.speedUp,
    efficiency: null,
    dollarsPerMillionSamples: run.economy?.dollarsPerMillionSamples ?? null,
    joulesPerStep: run.economy?.joulesPerStep ?? null,
    outOfMemory: run.outOfMemory !== null,
    stopped: null,
  };
}

function ofInference(run: InferenceRun, isBounded: boolean): OfRun {
  return {
    kind: 'inference',
    label: run.server,
    workers: null,
    parameterServers: null,
    batch: run.batch,
    stepSeconds: run.batchSeconds,
    stepSecondsP99: null,
    // A batch that takes longer than the latency that is asked for serves nobody.
    samplesPerSecond: isBounded ? run.boundedSamplesPerSecond : run.samplesPerSecond,
    speedUp: null,
    efficiency: null,
    dollarsPerMillionSamples: run.economy?.dollarsPerMillionSamples ?? null,
    joulesPerStep: run.economy?.joulesPerStep ?? null,
    outOfMemory: false,
    stopped: null,
  };
}
