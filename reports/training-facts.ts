import { formatFactor, formatInteger } from '../base/format.ts';
import { capital } from '../base/text.ts';
import { formatCount, formatPercent, formatSeconds } from '../base/units.ts';
import type { Explanation, TrainingExperiment, TrainingRun } from '../scenarios/results.ts';
import { meanError } from './intervals.ts';
import { howSure, type KeyFigure, NOT_KNOWN } from './key-figures.ts';
import { clip, visible } from './names.ts';
import { droppedShare, fastest, runNames } from './runs.ts';
import { learningRuns, lowestLoss, race, targetInWords, winner } from './sections/race.ts';

/** What one remembers of a training experiment: the choice, its gain, how sure that is, what limits it. */
export function trainingFacts({ runs, baseline, explanation }: TrainingExperiment): KeyFigure[] {
  const best = fastest(runs);
  if (best === undefined) return [];
  const raced = racedFacts(runs, baseline);
  if (raced !== undefined) return [...raced.facts, limitOf(explanation, raced.winner)];
  return [
    {
      name: best.outOfMemory === null ? 'Choice' : 'Choice, if it fitted into memory',
      value: capital(runNames(runs)(best)),
      detail: `${formatInteger(best.samplesPerSecond)} samples/s, ${formatSeconds(best.stepSeconds.mean)} an update`,
    },
    {
      name: 'Gain',
      value: formatFactor(best.speedUp),
      detail: `as fast as ${baseline}; ${formatPercent(best.efficiency)} of the ideal ${formatInteger(best.workers)}×`,
    },
    sureOf(best),
    limitOf(explanation, best),
  ];
}

/** Where the question is the time to an accuracy, the choice is what comes there first; undefined where none does. */
function racedFacts(
  runs: readonly TrainingRun[],
  baseline: string,
): { winner: TrainingRun; facts: KeyFigure[] } | undefined {
  const learning = learningRuns(runs);
  const reached = race(learning);
  const first = reached === undefined ? undefined : winner(reached);
  if (reached === undefined || first === undefined || reached.target.measure !== 'accuracy') return undefined;
  const run = learning[first]!;
  const target = targetInWords(reached.target);
  const seconds = reached.seconds[first]!;
  const naive = learning.findIndex(({ strategy, workers }) => strategy === 'sync' && workers === 1);
  const naiveSeconds = reached.seconds[naive];
  const time = howSure(run.stepSeconds.mean, run.errorBar, formatSeconds, 'the time of an update');
  return {
    winner: run,
    facts: [
      {
        name: 'Choice',
        value: capital(runNames(runs)(run)),
        detail: `first to ${target}, after ${formatSeconds(seconds)}`,
      },
      naiveSeconds === undefined
        ? {
            name: 'Gain',
            value: formatFactor(run.speedUp),
            detail: `as many samples/s as ${baseline}, which does not come to ${target}`,
          }
        : {
            name: 'Gain',
            value: formatFactor(naiveSeconds / seconds),
            detail: `as soon at ${target} as ${baseline}`,
          },
      time ?? NOT_KNOWN,
    ],
  };
}

function sureOf(best: TrainingRun): KeyFigure {
  const { speedUp, speedUpErrorBar, errorBar, stepSeconds } = best;
  const gain = howSure(speedUp, speedUpErrorBar, formatFactor, 'the gain');
  const time = howSure(stepSeconds.mean, errorBar, formatSeconds, 'the time of an update');
  if (gain !== null || time !== null) return (gain ?? time)!;
  if (stepSeconds.meanInterval === null) return NOT_KNOWN;
  return {
    ...NOT_KNOWN,
    value: meanError(stepSeconds),
    detail: `by the luck of the simulation alone; ${NOT_KNOWN.detail}`,
  };
}

/** What would shorten the step most; of which run, where that is not the one that was chosen. */
export function limitOf(explanation: Explanation | null, best: TrainingRun | undefined): KeyFigure {
  const first = explanation?.whatIf[0];
  if (explanation === null || first === undefined) {
    const active = best?.devices.filter(({ compute }) => compute > 0) ?? [];
    const compute = active.reduce((sum, use) => sum + use.compute, 0) / Math.max(1, active.length);
    return {
      name: 'Limit',
      value: active.length === 0 ? 'not known' : `${formatPercent(1 - compute)} not computing`,
      detail: active.length === 0 ? 'no step was recorded' : 'mean of the devices that have work',
    };
  }
  const isBest =
    best !== undefined &&
    explanation.of.startsWith(best.label) &&
    explanation.of.includes(` ${best.workers} worker`);
  const of = isBest || best === undefined ? '' : ` of ${clip(visible(explanation.of), 60)}`;
  return {
    name: 'Limit',
    value: capital(clip(visible(first.resource), 60)),
    detail: `${formatPercent(explanation.faster)} better saves ${formatPercent(Math.max(0, first.gain))} of a step${of}`,
  };
}

/** Further figures, where the experiment has them: goodput, who learns first, gradients that were thrown away. */
export function furtherFacts({ runs }: TrainingExperiment): KeyFigure[] {
  const nameOf = runNames(runs);
  const best = fastest(runs);
  if (best === undefined) return [];
  const learning = learningRuns(runs);
  const reached = race(learning);
  return [
    ...(best.goodput === null
      ? []
      : [
          {
            name: 'Goodput',
            value: formatPercent(best.goodput.useful),
            detail: 'of its time makes progress that lasts, in spite of failures and checkpoints',
          },
        ]),
    ...(reached === undefined ? droppedFact(runs, nameOf) : learnedFacts(learning, reached, nameOf)),
  ];
}

function learnedFacts(
  learning: ReturnType<typeof learningRuns>,
  reached: NonNullable<ReturnType<typeof race>>,
  nameOf: (run: TrainingRun) => string,
): KeyFigure[] {
  const first = winner(reached);
  const lowest = learning.reduce((a, b) =>
    (lowestLoss(b) ?? Infinity) < (lowestLoss(a) ?? Infinity) ? b : a,
  );
  const least = lowestLoss(lowest);
  return [
    ...(first === undefined
      ? []
      : [
          {
            name: `First to ${targetInWords(reached.target)}`,
            value: formatSeconds(reached.seconds[first]!),
            detail: nameOf(learning[first]!),
          },
        ]),
    ...(least === undefined
      ? []
      : [{ name: 'Lowest held-out loss', value: formatCount(least), detail: nameOf(lowest) }]),
  ];
}

function droppedFact(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): KeyFigure[] {
  const dropped = runs.reduce((a, b) => (droppedShare(b) > droppedShare(a) ? b : a));
  if (droppedShare(dropped) === 0) return [];
  return [
    {
      name: 'Gradients dropped',
      value: formatPercent(droppedShare(dropped)),
      detail: `at most: ${nameOf(dropped)}`,
    },
  ];
}
