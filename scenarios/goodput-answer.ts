import type { TrainingRun } from './results.ts';
import { share } from './run-words.ts';

/** Runs that are listed. */
const MOST = 6;

/**
 * How much of their time the runs on as many workers as `winner` make of failures, the best first; '' without
 * failures.
 */
export function goodputAnswer(runs: readonly TrainingRun[], winner: TrainingRun): string {
  if (winner.goodput === null) return '';
  const listed = runs
    .filter(({ workers, goodput }) => workers === winner.workers && goodput !== null)
    .sort((a, b) => b.goodput!.useful - a.goodput!.useful)
    .slice(0, MOST)
    .map(({ label, goodput }) => `${label}: ${share(goodput!.useful)}`);
  if (listed.length === 1)
    return `${share(winner.goodput.useful)} of its time makes progress that lasts (goodput).`;
  return `Of the time of each run, so much makes progress that lasts (goodput): ${listed.join('; ')}.`;
}
