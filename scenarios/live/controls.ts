import type { Controls, InferenceExperiment, PlacementExperiment, TrainingExperiment } from '../results.ts';
import type { Experiment, Scenario } from '../schema.ts';
import { inferenceControls } from './inference-controls.ts';
import { placementControls } from './placement-controls.ts';
import { trainingControls } from './training-controls.ts';

/** What the page of results may change of an experiment; null where that takes files, which a page cannot read. */
export function controlsOf(
  scenario: Scenario,
  experiment: Experiment,
  result: TrainingExperiment | PlacementExperiment | InferenceExperiment,
): Controls | null {
  if (readsFiles(scenario, experiment)) return null;
  switch (experiment.kind) {
    case 'training':
      return trainingControls(scenario, experiment, result as TrainingExperiment);
    case 'placement':
      return placementControls(scenario, experiment, (result as PlacementExperiment).runs);
    case 'inference':
      return inferenceControls(experiment, (result as InferenceExperiment).runs);
  }
}

function readsFiles({ cluster }: Scenario, { model }: Experiment): boolean {
  return cluster.workers.profile !== undefined || 'file' in model;
}
