import { formatFactor } from '../base/format.ts';
import { formatDollars } from '../base/units.ts';
import type { TrainingRun } from './results.ts';
import { runWords } from './run-words.ts';

/** What the winner costs, and which run is the cheapest where that is another; '' where costs are not known. */
export function economyAnswer(runs: readonly TrainingRun[], winner: TrainingRun): string {
  const costOf = ({ economy }: TrainingRun): number | null => economy?.dollarsPerMillionSamples ?? null;
  const cost = costOf(winner);
  if (cost === null) return '';
  const known = runs.filter((run) => costOf(run) !== null);
  const cheapest = known.reduce((least, run) => (costOf(run)! < costOf(least)! ? run : least));
  const price = `A million samples cost ${formatDollars(cost)}`;
  if (costOf(cheapest)! >= cost * ALIKE)
    return `${price}${known.length > 1 ? ', the least of all runs' : ''}.`;
  const slower = formatFactor(winner.samplesPerSecond / cheapest.samplesPerSecond);
  return `${price}; the cheapest is ${runWords(runs)(cheapest)} with ${formatDollars(costOf(cheapest)!)}, ${slower} as slow.`;
}

/** Costs that differ by less are the same. */
const ALIKE = 0.995;
