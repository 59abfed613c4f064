import { errorAnswer, trainingAnswer } from './answers.ts';
import { assumptionsOf, caveatsOf } from './assumptions.ts';
import { withErrorBars, withPlacementErrorBars } from './error-bars.ts';
import { runInference } from './inference.ts';
import { inferenceAnswer } from './inference-answer.ts';
import { controlsOf } from './live/controls.ts';
import { placementAnswer } from './placement-answer.ts';
import { type PlacingOptions, runPlacement } from './placing.ts';
import {
  type InferenceExperiment,
  type PlacementExperiment,
  RESULTS_VERSION,
  type Results,
  type TrainingExperiment,
} from './results.ts';
import type { Experiment, Scenario } from './schema.ts';
import { runTraining } from './training.ts';
import { version } from './version.ts';

/** How far an experiment is. */
export interface ProgressEvent {
  /** Name of the experiment. */
  readonly experiment: string;
  /** Runs done (a fraction while a search is under way), and of how many. */
  readonly done: number;
  readonly total: number;
  /** What is running now; 'done' at the end. */
  readonly message: string;
  /** What changes while it runs. */
  readonly detail: string;
}

/** How a scenario is run, and who is told how far it is. */
export interface RunOptions {
  readonly seed: number;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Of experiments that place: threads, and who is told how long searches took. */
  readonly placing?: PlacingOptions;
  /**
   * Leaves out what takes time of its own beside the figures of each run: pictures of a step and its explanation,
   * goodput and the costs of losses, robustness, and what would fit where memory does not suffice. All other figures
   * are the same.
   */
  readonly brief?: boolean;
  /** The scenario as it was written (`loadWritten`): with it, the page of the results can ask again. */
  readonly written?: unknown;
}

/** Runs the experiments of a scenario one after another. Equal scenarios and seeds give equal results. */
export async function runScenario(
  scenario: Scenario,
  { seed, onProgress, placing = {}, brief = false, written = null }: RunOptions,
): Promise<Results> {
  const training: TrainingExperiment[] = [];
  const placement: PlacementExperiment[] = [];
  const inference: InferenceExperiment[] = [];
  const answers: string[] = [];
  const withControls = <T extends TrainingExperiment | PlacementExperiment | InferenceExperiment>(
    experiment: Experiment,
    result: T,
  ): T => ({ ...result, controls: written === null ? null : controlsOf(scenario, experiment, result) });
  for (const experiment of scenario.experiments) {
    let runs = 0;
    const progress = (message: string, done: number, total: number, detail = ''): void => {
      runs = total;
      onProgress?.({ experiment: experiment.name, done, total, message, detail });
    };
    if (experiment.kind === 'training') {
      const result = withErrorBars(runTraining(scenario, experiment, seed, progress, brief), scenario);
      training.push(withControls(experiment, result));
      const answer = [trainingAnswer(result), errorAnswer(result, scenario.trials)];
      answers.push(answer.filter((sentence) => sentence !== '').join(' '));
    } else if (experiment.kind === 'inference') {
      const result = runInference(experiment, seed, progress);
      inference.push(withControls(experiment, result));
      answers.push(inferenceAnswer(result));
    } else {
      const result = withPlacementErrorBars(
        await runPlacement(scenario, experiment, seed, progress, { ...placing, brief }),
        scenario,
      );
      placement.push(withControls(experiment, result));
      answers.push(placementAnswer(result));
    }
    progress('done', runs, runs);
  }
  return {
    format: 'stepcast results',
    version: RESULTS_VERSION,
    program: version,
    title: scenario.title,
    description: scenario.description,
    seed,
    answers,
    training,
    placement,
    ...(inference.length > 0 && { inference }),
    assumptions: assumptionsOf(scenario),
    caveats: caveatsOf(scenario),
    scenario: { ...scenario, seed },
    written,
  };
}
