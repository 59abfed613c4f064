import type {
  InferenceExperiment,
  PlacementExperiment,
  Results,
  TrainingExperiment,
} from '../scenarios/results.ts';
import type { Figure } from './figure.ts';
import { runNames } from './runs.ts';
import { busiestLinks, placementUse, trainingUse } from './sections/device-use.ts';
import { criticalPath, whatIf } from './sections/explanation.ts';
import { failures } from './sections/failures.ts';
import { droppedGradients, staleness } from './sections/gradients.ts';
import { responseByBatch, servedByBatch } from './sections/inference.ts';
import { heldOutAccuracy, heldOutLoss } from './sections/learning.ts';
import { lossCosts } from './sections/loss-costs.ts';
import { memory, memoryOverTime } from './sections/memory.ts';
import { nodesPerDevice } from './sections/placement-nodes.ts';
import { robustness } from './sections/placement-robustness.ts';
import { inOrder, placementNames } from './sections/placement-runs.ts';
import { searchHistory } from './sections/placement-search.ts';
import { placements } from './sections/placements.ts';
import { efficiency, speedUp } from './sections/scaling.ts';
import { skippedRuns, stepTimes } from './sections/steps.ts';
import { timeline } from './sections/timeline.ts';

/** Figures of one training experiment, in the order of the page. */
export function trainingFigures(experiment: TrainingExperiment, index: number): Figure[] {
  const id = (name: string) => `training-${index + 1}-${name}`;
  const nameOf = runNames(experiment.runs);
  const found =
    experiment.runs.length === 0
      ? [skippedRuns(experiment, id('skipped'))]
      : [
          speedUp(experiment, id('speed-up')),
          efficiency(experiment, id('efficiency')),
          heldOutLoss(experiment, id('loss')),
          heldOutAccuracy(experiment, id('accuracy')),
          criticalPath(experiment.explanation, id('path')),
          whatIf(experiment.explanation, id('what-if')),
          trainingUse(experiment, id('devices')),
          stepTimes(experiment, id('steps')),
          busiestLinks(experiment, id('links')),
          memory(
            experiment.runs.map((run) => ({ ...run, name: nameOf(run) })),
            id('memory'),
          ),
          memoryOverTime(experiment.memoryOverTime, id('memory-over-time')),
          staleness(experiment, id('staleness')),
          droppedGradients(experiment, id('dropped')),
          failures(experiment, id('failures')),
          lossCosts(experiment, id('loss-costs')),
          timeline(experiment.timeline, id('timeline')),
          skippedRuns(experiment, id('skipped')),
        ];
  return found.filter((figure) => figure !== undefined);
}

/** Figures of one placement experiment, in the order of the page. */
export function placementFigures(experiment: PlacementExperiment, index: number): Figure[] {
  const id = (name: string) => `placement-${index + 1}-${name}`;
  const nameOf = placementNames(experiment.runs);
  return [
    placements(experiment, id('step-time')),
    robustness(experiment, id('robustness')),
    searchHistory(experiment, id('search')),
    nodesPerDevice(experiment, id('nodes')),
    criticalPath(experiment.explanation, id('path')),
    whatIf(experiment.explanation, id('what-if')),
    placementUse(experiment, id('devices')),
    memory(
      inOrder(experiment.runs).map((run) => ({ ...run, name: nameOf(run) })),
      id('memory'),
    ),
    memoryOverTime(experiment.memoryOverTime, id('memory-over-time')),
    timeline(experiment.timeline, id('timeline')),
  ].filter((figure) => figure !== undefined);
}

/** Figures of one experiment about inference. */
export function inferenceFigures(experiment: InferenceExperiment, index: number): Figure[] {
  const id = (name: string) => `inference-${index + 1}-${name}`;
  return [servedByBatch(experiment, id('served')), responseByBatch(experiment, id('response'))];
}

/** All figures of a report. */
export function figures(results: Results): Figure[] {
  return [
    ...results.training.flatMap(trainingFigures),
    ...results.placement.flatMap(placementFigures),
    ...(results.inference ?? []).flatMap(inferenceFigures),
  ];
}
