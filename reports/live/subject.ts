import type { Controls, Results } from '../../scenarios/results.ts';
import { inferenceFigures, type LiveFigure, placementFigures, trainingFigures } from './figures.ts';

/** An experiment that the reader may ask again. */
export interface LiveSubject {
  /** As in the ids of the page: `training-1`. */
  readonly id: string;
  /** Name of the experiment. */
  readonly name: string;
  readonly controls: Controls;
  /** Of the run at which the controls begin, as the report has it. */
  readonly figures: readonly LiveFigure[];
  /** The devices of nodes under the placement of each run; none where nothing is placed. */
  readonly placements: readonly Readonly<Record<string, string>>[];
}

/** The experiments of a report that carry controls. */
export function liveSubjects({ training, placement, inference = [], written }: Results): LiveSubject[] {
  if (written === null) return [];
  const subject = <Run>(
    id: string,
    { name, controls, runs }: { name: string; controls: Controls | null; runs: readonly Run[] },
    figuresOf: (run: Run) => LiveFigure[],
    placements: LiveSubject['placements'] = [],
  ): LiveSubject[] =>
    controls === null ? [] : [{ id, name, controls, figures: figuresOf(runs[controls.run]!), placements }];
  return [
    ...training.flatMap((experiment, i) =>
      subject(`training-${i + 1}`, experiment, (run) => trainingFigures(run, experiment.baseline)),
    ),
    ...placement.flatMap((experiment, i) => {
      const { runs, nodes } = experiment;
      const placements = runs.map(({ deviceOf, devices }) =>
        Object.fromEntries(nodes.map((node, n) => [node, devices[deviceOf[n]!]!.device])),
      );
      return subject(`placement-${i + 1}`, experiment, placementFigures, placements);
    }),
    ...inference.flatMap((experiment, i) => subject(`inference-${i + 1}`, experiment, inferenceFigures)),
  ];
}

/** The figures of the one experiment that was asked again; where it has no such run, the reason. */
export function answered({ training, placement, inference = [] }: Results): LiveFigure[] | string {
  if (training.length > 0) {
    // The run that was asked for has the most workers; those with fewer are what it is compared with.
    const { runs, skipped, baseline } = training[0]!;
    const last = runs.at(-1);
    const refused = skipped.find(({ workers }) => last === undefined || workers > last.workers);
    return refused === undefined ? trainingFigures(last!, baseline) : refused.reason;
  }
  if (placement.length > 0) {
    // The best single device is always among them, for comparison.
    const { runs } = placement[0]!;
    return placementFigures(runs.find(({ placer }) => placer !== 'single-device') ?? runs[0]!);
  }
  return inferenceFigures(inference[0]!.runs[0]!);
}
