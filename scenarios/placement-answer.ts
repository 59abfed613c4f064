import { formatFactor } from '../base/format.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import { errorBarAnswer } from './error-bar-answer.ts';
import { outOfMemoryInWords } from './memory.ts';
import type { PlacementExperiment, PlacementRun } from './results.ts';
import { share } from './run-words.ts';

/** Of more placements than these, the answer tells how many there are. */
const MOST_OTHERS = 5;

/** The best of the runs whose memory suffices; of all, where none does. */
export function bestThatFits(runs: readonly PlacementRun[]): PlacementRun {
  const fitting = runs.filter((run) => run.outOfMemory === null);
  return (fitting.length > 0 ? fitting : runs).reduce((least, run) =>
    run.score < least.score ? run : least,
  );
}

/** What an objective is in, and what bounds it: seconds, or nothing. */
interface Measure {
  readonly of: (run: PlacementRun) => number;
  readonly format: (value: number) => string;
  readonly bound: number | null;
}

export function measureOf({ objective, bounds }: Pick<PlacementExperiment, 'objective' | 'bounds'>): Measure {
  switch (objective) {
    case 'throughput':
      // The busiest device has its share of the work, or the longest group; chains may span several steps.
      return {
        of: (run) => run.bottleneckSeconds,
        format: formatSeconds,
        bound: Math.max(bounds.areaSeconds, bounds.groupSeconds),
      };
    case 'peak-memory':
      return { of: (run) => run.score, format: formatPercent, bound: null };
    case 'cost':
      return { of: (run) => 1e6 * run.score, format: (dollars) => `${dollars.toFixed(2)} $`, bound: null };
    default:
      return {
        of: (run) => run.stepSeconds,
        format: formatSeconds,
        bound: Math.max(...Object.values(bounds)),
      };
  }
}

/** Which placer wins, against the best single device and the bound. */
export function placementAnswer(experiment: PlacementExperiment): string {
  const { title, objective, runs, cannotFit, portfolio } = experiment;
  const measure = measureOf(experiment);
  const { of, format, bound } = measure;
  const best = bestThatFits(runs);
  // Its settings only where they tell two runs of one placer apart.
  const nameOf = (run: PlacementRun): string =>
    runs.filter(({ placer }) => placer === run.placer).length > 1 ? run.label : run.placer;
  if (best.outOfMemory !== null) {
    return `${title}: no placement fits${cannotFit === null ? '' : ` (${cannotFit})`}. ${nameOf(best)} runs ${outOfMemoryInWords(best.outOfMemory)}.`;
  }
  const ranked = runs.filter((run) => run !== best).sort((a, b) => a.score - b.score);
  const others = ranked
    .slice(0, MOST_OTHERS)
    .map((run) => `${nameOf(run)} ${run.outOfMemory === null ? format(of(run)) : 'does not fit'}`);
  if (ranked.length > MOST_OTHERS) others.push(`and ${ranked.length - MOST_OTHERS} more`);
  const sentences = [
    `${title}: ${nameOf(best)} ${achievement(objective, format(of(best)), best)}: ${besideSingleDevice(best, runs, measure)}.`,
    ...(others.length > 0 ? [`The others: ${others.join(', ')}.`] : []),
    ...(portfolio.score < best.score
      ? [`The best of all draws is ${portfolio.label}'s: ${formatSeconds(portfolio.stepSeconds)} a step.`]
      : []),
    ...[errorBarAnswer(best.stepSeconds, best.errorBar)].filter((sentence) => sentence !== ''),
    ...(bound === null
      ? []
      : [
          `No placement can take less than ${format(bound)}, so this one is at most ${share(of(best) / bound - 1)} above the best possible.`,
        ]),
  ];
  return sentences.join(' ');
}

/** What the best placement is best in. */
function achievement(objective: string, value: string, { stepSeconds }: PlacementRun): string {
  const step = `, ${formatSeconds(stepSeconds)} a step`;
  switch (objective) {
    case 'throughput':
      return `takes the least time between steps of a pipeline, ${value}${step}`;
    case 'peak-memory':
      return `needs the least of the fullest device's memory, ${value}${step}`;
    case 'cost':
      return `costs least, ${value} for a million steps${step}`;
    default:
      return `finds the shortest step, ${value}`;
  }
}

/** How the best placement compares with the best single device, where there is one that fits. */
function besideSingleDevice(
  best: PlacementRun,
  runs: readonly PlacementRun[],
  { of, format, bound }: Measure,
): string {
  if (best.placer === 'single-device') return 'no other placer does better';
  const single = runs.filter(({ placer }) => placer === 'single-device');
  if (single.some(({ outOfMemory }) => outOfMemory !== null)) return 'a single device has too little memory';
  const least = Math.min(...single.map(of));
  return bound === null
    ? `against ${format(least)} on the best single device`
    : `${formatFactor(least / of(best))} as fast as the best single device`;
}
