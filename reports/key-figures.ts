import { formatFactor, formatInteger } from '../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../base/units.ts';
import type {
  ErrorBar,
  InferenceExperiment,
  PlacementExperiment,
  TrainingExperiment,
  TrainingRun,
} from '../scenarios/results.ts';
import { meanError } from './intervals.ts';
import { droppedShare, fastest, runNames } from './runs.ts';
import { bestServed, servedPerSecond, serverName } from './sections/inference.ts';
import { lowerBound, objectiveInWords } from './sections/placement-objective.ts';
import { aboveBound, bestFound, bestFoundName, singleDeviceInWords } from './sections/placement-runs.ts';
import { learningRuns, lowestLoss, race, targetInWords, winner } from './sections/race.ts';

export interface KeyFigure {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

/** The figures that one remembers of a training experiment. */
export function trainingKeyFigures({ runs, baseline }: TrainingExperiment): KeyFigure[] {
  const nameOf = runNames(runs);
  const best = fastest(runs);
  if (best === undefined) return [];
  const figures: KeyFigure[] = [
    {
      name: best.outOfMemory === null ? 'Fastest configuration' : 'Fastest, if it fitted into memory',
      value: formatInteger(best.samplesPerSecond),
      detail: `samples/s, by ${nameOf(best)}`,
    },
    {
      name: 'Speed-up',
      value: formatFactor(best.speedUp),
      detail: [`against ${baseline}`, ...speedUpErrorBar(best)].join('; '),
    },
    {
      name: 'Efficiency',
      value: formatPercent(best.efficiency),
      detail: `of ${formatFactor(best.workers)}, the ideal`,
    },
    {
      name: 'Step time',
      value: formatSeconds(best.stepSeconds.mean),
      detail: [
        ...(best.stepSeconds.meanInterval === null ? [] : [`mean ${meanError(best.stepSeconds)}`]),
        ...errorBarInWords(best.stepSeconds.mean, best.errorBar),
        `median ${formatSeconds(best.stepSeconds.p50)}`,
        `99 % within ${formatSeconds(best.stepSeconds.p99)}`,
      ].join('; '),
    },
  ];
  if (best.goodput !== null) {
    figures.push({
      name: 'Goodput',
      value: formatPercent(best.goodput.useful),
      detail: 'of its time makes progress that lasts, in spite of failures and checkpoints',
    });
  }
  const learning = learningRuns(runs);
  const reached = race(learning);
  if (reached !== undefined) {
    const lowest = learning.reduce((a, b) =>
      (lowestLoss(b) ?? Infinity) < (lowestLoss(a) ?? Infinity) ? b : a,
    );
    const least = lowestLoss(lowest);
    if (least !== undefined) {
      figures.push({ name: 'Lowest held-out loss', value: formatCount(least), detail: nameOf(lowest) });
    }
    const first = winner(reached);
    if (first !== undefined) {
      const place = reached.target.measure === 'accuracy' ? 0 : figures.length;
      figures.splice(place, 0, {
        name: `First to ${targetInWords(reached.target)}`,
        value: formatSeconds(reached.seconds[first]!),
        detail: nameOf(learning[first]!),
      });
    }
  } else {
    const dropped = runs.reduce((a, b) => (droppedShare(b) > droppedShare(a) ? b : a));
    if (droppedShare(dropped) > 0) {
      figures.push({
        name: 'Gradients dropped',
        value: formatPercent(droppedShare(dropped)),
        detail: `at most: ${nameOf(dropped)}`,
      });
    }
  }
  return figures;
}

/** `80 % interval 1.1 s to 1.4 s`; nothing where nothing is known. */
function errorBarInWords(seconds: number, bar: ErrorBar | null): string[] {
  if (bar === null) return [];
  const range = `${formatSeconds(seconds / bar.factor)} to ${formatSeconds(seconds * bar.factor)}`;
  return [`${formatPercent(bar.confidence)} interval ${range}`];
}

function speedUpErrorBar({ speedUp, speedUpErrorBar: bar }: TrainingRun): string[] {
  if (bar === null) return [];
  const range = `${formatFactor(speedUp / bar.factor)} to ${formatFactor(speedUp * bar.factor)}`;
  return [`${formatPercent(bar.confidence)} interval ${range}`];
}

/** The figures that one remembers of an experiment about inference. */
export function inferenceKeyFigures(experiment: InferenceExperiment): KeyFigure[] {
  const best = bestServed(experiment);
  if (best === undefined) return [];
  const served = servedPerSecond(best, experiment)!;
  return [
    {
      name: 'Serves most',
      value: formatInteger(served),
      detail: `inferences/s, by ${serverName(best)} in batches of ${formatInteger(best.batch)}`,
    },
    {
      name: 'Time of a batch',
      value: formatSeconds(best.batchSeconds),
      detail: [...errorBarInWords(best.batchSeconds, best.errorBar), 'with the host'].join('; '),
    },
    ...(best.watts === null
      ? []
      : [
          {
            name: 'Per watt',
            value: formatCount(served / best.watts),
            detail: `inferences per joule, at ${formatCount(best.watts)} W`,
          },
        ]),
  ];
}

/** The figures that one remembers of a placement experiment. */
export function placementKeyFigures(experiment: PlacementExperiment): KeyFigure[] {
  const found = bestFound(experiment);
  if (found === undefined) return [];
  const { name, format } = objectiveInWords(experiment);
  const ofSteps = name === 'Step time';
  const bound = lowerBound(experiment);
  const { robustness } = found.run;
  return [
    {
      name: !found.fits ? 'Fastest, if it fitted into memory' : ofSteps ? 'Fastest placement' : name,
      value: ofSteps || !found.fits ? formatSeconds(found.stepSeconds) : format(found.score),
      detail: [
        bestFoundName(found),
        ...(ofSteps || !found.fits ? [] : [`${formatSeconds(found.stepSeconds)} a step`]),
        ...errorBarInWords(found.stepSeconds, found.run.errorBar),
      ].join('; '),
    },
    {
      name: 'Speed-up',
      value: formatFactor(found.speedUp),
      detail: `over ${singleDeviceInWords(experiment.runs)}`,
    },
    {
      name: 'Room left, at most',
      value: aboveBound(found.stepSeconds, bound),
      detail: `its step time above ${formatSeconds(bound)}, which no placement can beat: a bound, not a measurement`,
    },
    ...(robustness === null || !found.fits
      ? []
      : [
          {
            name: 'Still the fastest',
            value: formatPercent(robustness.firstShare),
            detail: `of draws in which each operation takes 1 ± 20 % as long${found.beatsMedian ? "; of its placer's draw in the middle" : ''}`,
          },
        ]),
  ];
}
