import type {
  InferenceExperiment,
  PlacementExperiment,
  Results,
  TrainingExperiment,
} from '../scenarios/results.ts';
import { type Chapter, chapter } from './chapter.ts';
import type { Figure } from './figure.ts';
import { runNames } from './runs.ts';
import { inferenceCertainty, placementCertainty, trainingCertainty } from './sections/certainty.ts';
import { inferenceChoices, trainingChoices } from './sections/choices.ts';
import { busiestLinks, placementUse, trainingUse } from './sections/device-use.ts';
import { inferenceEconomy, placementEconomy, trainingEconomy } from './sections/economy.ts';
import { criticalPath, whatIf } from './sections/explanation.ts';
import { failures } from './sections/failures.ts';
import { droppedGradients, staleness } from './sections/gradients.ts';
import { batchesInWords, responseByBatch, servedByBatch } from './sections/inference.ts';
import { heldOutAccuracy, heldOutLoss } from './sections/learning.ts';
import { linkHeatMap } from './sections/link-heat.ts';
import { lossCosts } from './sections/loss-costs.ts';
import { memory, memoryOverTime } from './sections/memory.ts';
import { placedGraph } from './sections/placed-graph.ts';
import { nodesPerDevice } from './sections/placement-nodes.ts';
import { robustness } from './sections/placement-robustness.ts';
import { inOrder, placementNames } from './sections/placement-runs.ts';
import { searchHistory } from './sections/placement-search.ts';
import { placements } from './sections/placements.ts';
import { efficiency, scalingFinding, speedUp } from './sections/scaling.ts';
import { skippedRuns, stepTimes } from './sections/steps.ts';
import { stragglers } from './sections/stragglers.ts';
import { timeline } from './sections/timeline.ts';

/** What is told of one training experiment, in the order of the page. */
export function trainingChapters(experiment: TrainingExperiment, index: number): Chapter[] {
  const id = (name: string) => `training-${index + 1}-${name}`;
  const nameOf = runNames(experiment.runs);
  const skipped = chapter(id('left-out'), 'Runs left out', [skippedRuns(experiment, id('skipped'))]);
  if (experiment.runs.length === 0) return skipped === undefined ? [] : [skipped];
  const learning = chapter(id('learning'), 'Learning', [
    heldOutLoss(experiment, id('loss')),
    heldOutAccuracy(experiment, id('accuracy')),
    staleness(experiment, id('staleness')),
    droppedGradients(experiment, id('dropped')),
  ]);
  const scaling = speedUp(experiment, id('speed-up'));
  const choices = trainingChoices(experiment, id('choices'));
  // Where all runs have as many workers there is no line, and the figures of the choices say all.
  const sideBySide = scaling?.chart === null ? [choices, scaling] : [choices];
  // Where the question is the time to an accuracy, learning is the answer.
  const learningFirst = experiment.runs.some((run) => run.learning?.target.measure === 'accuracy');
  return [
    ...(learningFirst ? [learning] : []),
    ...(scaling?.chart === null
      ? []
      : [
          chapter(
            id('scaling'),
            'Speed-up and efficiency',
            [scaling, efficiency(experiment, id('efficiency'))],
            scalingFinding(experiment),
          ),
        ]),
    chapter(id('side-by-side'), 'Choices side by side', sideBySide),
    chapter(id('time'), 'Where the time goes', [
      trainingUse(experiment, id('devices')),
      criticalPath(experiment.explanation, id('path')),
      whatIf(experiment.explanation, id('what-if')),
      busiestLinks(experiment, id('links')),
      linkHeatMap(experiment.linkHeat, id('link-heat')),
      timeline(experiment.timeline, id('timeline')),
    ]),
    chapter(id('step-times'), 'Step times and stragglers', [
      stepTimes(experiment, id('steps')),
      stragglers(experiment, id('stragglers')),
    ]),
    chapter(id('failing'), 'Failures', [
      failures(experiment, id('failures')),
      lossCosts(experiment, id('loss-costs')),
    ]),
    chapter(id('memories'), 'Memory', [
      memory(
        experiment.runs.map((run) => ({ ...run, name: nameOf(run) })),
        id('memory'),
      ),
      memoryOverTime(experiment.memoryOverTime, id('memory-over-time')),
    ]),
    ...(learningFirst ? [] : [learning]),
    chapter(id('graph'), 'Graph', [placedGraph(experiment.placedGraph, id('placed-graph'))]),
    chapter(id('economy'), 'Cost and energy', trainingEconomy(experiment, id('economy'))),
    chapter(id('certainty'), 'How sure', [trainingCertainty(experiment, id('intervals'))]),
    skipped,
  ].filter((one) => one !== undefined);
}

/** What is told of one placement experiment, in the order of the page. */
export function placementChapters(experiment: PlacementExperiment, index: number): Chapter[] {
  const id = (name: string) => `placement-${index + 1}-${name}`;
  const nameOf = placementNames(experiment.runs);
  return [
    chapter(id('side-by-side'), 'Choices side by side', [
      placements(experiment, id('step-time')),
      robustness(experiment, id('robustness')),
      searchHistory(experiment, id('search')),
    ]),
    chapter(id('time'), 'Where the time goes', [
      placementUse(experiment, id('devices')),
      criticalPath(experiment.explanation, id('path')),
      whatIf(experiment.explanation, id('what-if')),
      linkHeatMap(experiment.linkHeat, id('link-heat')),
      timeline(experiment.timeline, id('timeline')),
    ]),
    chapter(id('memories'), 'Memory', [
      memory(
        inOrder(experiment.runs).map((run) => ({ ...run, name: nameOf(run) })),
        id('memory'),
      ),
      memoryOverTime(experiment.memoryOverTime, id('memory-over-time')),
    ]),
    chapter(id('graph'), 'Graph', [
      placedGraph(experiment.placedGraph, id('placed-graph')),
      nodesPerDevice(experiment, id('nodes')),
    ]),
    chapter(id('economy'), 'Cost and energy', placementEconomy(experiment, id('economy'))),
    chapter(id('certainty'), 'How sure', [placementCertainty(experiment, id('intervals'))]),
  ].filter((one) => one !== undefined);
}

/** What is told of one experiment about inference. */
export function inferenceChapters(experiment: InferenceExperiment, index: number): Chapter[] {
  const id = (name: string) => `inference-${index + 1}-${name}`;
  return [
    chapter(id('side-by-side'), 'Choices side by side', [inferenceChoices(experiment, id('choices'))]),
    chapter(
      id('batches'),
      'Batches',
      [servedByBatch(experiment, id('served')), responseByBatch(experiment, id('response'))],
      batchesInWords(experiment),
    ),
    chapter(id('economy'), 'Cost and energy', inferenceEconomy(experiment, id('economy'))),
    chapter(id('certainty'), 'How sure', [inferenceCertainty(experiment, id('intervals'))]),
  ].filter((one) => one !== undefined);
}

const figuresOf = (chapters: readonly Chapter[]): Figure[] => chapters.flatMap(({ figures }) => figures);

export const trainingFigures = (experiment: TrainingExperiment, index: number): Figure[] =>
  figuresOf(trainingChapters(experiment, index));

export const placementFigures = (experiment: PlacementExperiment, index: number): Figure[] =>
  figuresOf(placementChapters(experiment, index));

export const inferenceFigures = (experiment: InferenceExperiment, index: number): Figure[] =>
  figuresOf(inferenceChapters(experiment, index));

/** All figures of a report. */
export function figures(results: Results): Figure[] {
  return [
    ...results.training.flatMap(trainingFigures),
    ...results.placement.flatMap(placementFigures),
    ...(results.inference ?? []).flatMap(inferenceFigures),
  ];
}
