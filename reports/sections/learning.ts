import { formatInteger } from '../../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { Learning, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Axis, ChoiceChart, Figure, LinesChart, Series } from '../figure.ts';
import { ASKED_WORKERS, type RunPanel, runGroups, runPanels, valuesOf } from '../run-groups.ts';
import { runNames, workersText } from '../runs.ts';
import { timeUnit } from '../time-unit.ts';
import {
  evaluationTable,
  type LearningRun,
  learningRuns,
  lowestLoss,
  type NameOf,
  type Race,
  race,
  raceTable,
  shownLoss,
  shownShare,
  targetInWords,
  targetValue,
  winner,
} from './race.ts';

/** Times further apart than this get a logarithmic axis: else the fastest panel would be a sliver. */
const LOG_TIMES_FROM = 6;
const LOG_LOSS_FROM = 6;

/** Held-out loss against simulated time or samples: a panel per number of workers, a line per strategy. */
export function heldOutLoss(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = learningRuns(experiment.runs);
  const reached = race(runs);
  if (reached === undefined) return undefined;
  const nameOf = runNames(experiment.runs);
  const losses = runs
    .flatMap((run) => run.learning.heldOutLoss)
    .filter((loss) => loss !== null && loss > 0)
    .map(Number);
  const wide = Math.max(...losses) / Math.min(...losses) >= LOG_LOSS_FROM;
  const lowest = Math.min(...runs.map((run) => lowestLoss(run) ?? Number.POSITIVE_INFINITY));
  return {
    id,
    title: `Held-out loss: ${reached.target.measure === 'loss' ? findingOf(runs, reached, nameOf) : `${shownLoss(Number.isFinite(lowest) ? lowest : null)} at best`}`,
    note: 'Loss on samples that were never trained on. Stale gradients were really stale, dropped ones really dropped.',
    chart: curves(runs, 'loss', {
      label: wide ? 'Held-out loss (logarithmic)' : 'Held-out loss',
      scale: wide ? 'log' : 'linear',
      include: wide ? [] : [0],
      format: formatCount,
    }),
    tables: [raceTable(runs, reached, nameOf), evaluationTable(runs, nameOf, 'loss')],
    width: 'full',
  };
}

const SHARE: ValueAxis = {
  label: 'Held-out accuracy (%)',
  scale: 'linear',
  include: [0, 1],
  format: formatPercent,
};

/** The nearer to 100 %, the wider: by the logarithm of samples per wrong one. `best`: the highest accuracy shown. */
function towardsAll(best: number): ValueAxis {
  const perError = (accuracy: number): number => 1 / (1 - Math.min(accuracy, 0.9999));
  return {
    label: 'Held-out accuracy (%, logarithm of the rest)',
    scale: 'log',
    include: [],
    ticks: [1, 2, 5, 10, 20, 50, 100, 200, 1000].filter((tick) => tick <= perError(best)),
    format: (place) => formatPercent(1 - 1 / place),
    place: perError,
  };
}

/** Held-out accuracy against simulated time or samples. */
export function heldOutAccuracy(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = learningRuns(experiment.runs);
  const reached = race(runs);
  const best = Math.max(0, ...runs.flatMap((run) => run.learning.heldOutAccuracy.filter(Number.isFinite)));
  if (best === 0 || reached === undefined) return undefined;
  const raced = reached.target.measure === 'accuracy';
  const nameOf = runNames(experiment.runs);
  return {
    id,
    title: `Held-out accuracy: ${raced ? findingOf(runs, reached, nameOf) : `${formatPercent(best)} at best`}`,
    note: `Share of samples never trained on that were classified right.${raced ? ' When a run reaches the target is interpolated between evaluations; it then stops computing.' : ''}`,
    chart: curves(runs, 'accuracy', raced ? towardsAll(best) : SHARE),
    tables: [...(raced ? [raceTable(runs, reached, nameOf)] : []), evaluationTable(runs, nameOf, 'accuracy')],
    width: 'full',
  };
}

/** Who wins the race, in words. */
function findingOf(runs: readonly LearningRun[], reached: Race, nameOf: NameOf): string {
  const goal = targetValue(reached.target);
  const first = winner(reached);
  return first === undefined
    ? `no run reaches ${goal}`
    : `${goal} is first reached after ${formatSeconds(reached.seconds[first]!)}, by ${nameOf(runs[first]!)}`;
}

/** Where values stand on it; where they are, unless it says otherwise. */
interface ValueAxis extends Axis {
  readonly place?: (value: number) => number;
}

/** What a curve can be drawn against. */
interface Progress {
  readonly name: string;
  readonly label: string;
  readonly of: (learning: Learning) => readonly number[];
}

/** The same curves against simulated time, and against the samples that it took. */
function curves(runs: readonly LearningRun[], measure: Learning['target']['measure'], y: Axis): ChoiceChart {
  const longest = Math.max(...runs.flatMap((run) => run.learning.seconds));
  const unit = timeUnit(longest);
  const time: Progress = {
    name: 'by simulated time',
    label: `Simulated time (${unit.name})`,
    of: ({ seconds }) => seconds.map((value) => value * unit.perSecond),
  };
  const samples: Progress = {
    name: 'by samples',
    label: 'Samples whose gradients were used (count)',
    of: (learning) => learning.samples,
  };
  return {
    kind: 'choice',
    label: 'What the curves are drawn against',
    options: [time, samples].map((progress) => ({
      name: progress.name,
      chart: curvesAgainst(progress, runs, measure, y),
    })),
  };
}

function curvesAgainst(
  { label, of }: Progress,
  runs: readonly LearningRun[],
  measure: Learning['target']['measure'],
  y: ValueAxis,
): LinesChart {
  const nameOf = runNames(runs);
  const { place = (value: number) => value } = y;
  const ends = runs.map((run) => Math.max(...of(run.learning)));
  const [shortest, longest] = [Math.min(...ends.filter((end) => end > 0)), Math.max(...ends)];
  const logarithmic = longest / shortest >= LOG_TIMES_FROM;
  const groups = runGroups(runs, ASKED_WORKERS);
  const line = (run: LearningRun, tone: number, name: string): Series => {
    const { heldOutLoss, heldOutAccuracy, updates, samples, seconds } = run.learning;
    const x = of(run.learning);
    const values = measure === 'loss' ? heldOutLoss : heldOutAccuracy;
    const kept = [...values.keys()].filter((i) => {
      const value = values[i];
      const isShown = typeof value === 'number' && (y.scale === 'linear' || place(value) > 0);
      return isShown && (!logarithmic || x[i]! > 0);
    });
    return {
      name,
      tone,
      x: kept.map((i) => x[i]!),
      y: kept.map((i) => place(values[i]!)),
      tips: kept.map((i) => [
        nameOf(run),
        `${formatSeconds(seconds[i]!)} · ${formatInteger(updates[i]!)} updates · ${formatInteger(samples[i]!)} samples`,
        `loss ${shownLoss(heldOutLoss[i]!)}`,
        `accuracy ${shownShare(heldOutAccuracy[i]!)}`,
      ]),
    };
  };
  const panels = panelsOf(runs).map(({ title, includes }) => ({
    title,
    series: groups.flatMap((group) =>
      group.runs.filter(includes).map((run) => line(run as LearningRun, group.tone, group.name)),
    ),
  }));
  const firstX = Math.min(...panels.flatMap(({ series }) => series.flatMap(({ x }) => x)));
  const { target } = runs[0]!.learning;
  return {
    kind: 'lines',
    x: {
      label: logarithmic ? label.replace(/\)$/, ', logarithmic)') : label,
      scale: logarithmic ? 'log' : 'linear',
      include: logarithmic ? [] : [0],
      format: formatCount,
    },
    y,
    curve: 'straight',
    symbols: false,
    reference:
      target.measure === measure && Number.isFinite(firstX)
        ? {
            name: `the target: ${targetInWords(target)}`,
            from: [logarithmic ? firstX : 0, place(target.value)],
            to: [longest, place(target.value)],
          }
        : null,
    legend: groups,
    panels,
  };
}

/** Runs of as many workers and servers are compared in one panel; those that use no servers are in all. */
function panelsOf(runs: readonly LearningRun[]): RunPanel[] {
  const counts = valuesOf(ASKED_WORKERS, runs);
  return counts.flatMap((count) => {
    const includes = (run: TrainingRun): boolean => ASKED_WORKERS.of(run) === count;
    return runPanels(runs.filter(includes), ASKED_WORKERS).map((panel) => ({
      title: [...(counts.length > 1 ? [workersText(count)] : []), panel.title].filter(Boolean).join(' · '),
      includes: (run: TrainingRun) => includes(run) && panel.includes(run),
    }));
  });
}
