import { formatInteger } from '../../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { Learning, TrainingRun } from '../../scenarios/results.ts';
import { numbers, type Table, text } from '../figure.ts';

export type LearningRun = TrainingRun & { readonly learning: Learning };
export type NameOf = (run: TrainingRun) => string;

/** What runs are compared by, and when each reached it. */
export interface Race {
  readonly target: Learning['target'];
  /** Same order as the runs given; undefined where a run did not come so far. */
  readonly seconds: readonly (number | undefined)[];
}

export function learningRuns(runs: readonly TrainingRun[]): LearningRun[] {
  return runs.filter((run): run is LearningRun => run.learning !== null && run.learning.seconds.length > 0);
}

/** The lowest held-out loss of a run; undefined where it diverged from the start. */
export function lowestLoss(run: LearningRun): number | undefined {
  const finite = run.learning.heldOutLoss.filter((loss) => loss !== null);
  return finite.length === 0 ? undefined : Math.min(...finite);
}

/** Undefined without runs that learn. */
export function race(runs: readonly LearningRun[]): Race | undefined {
  if (runs.length === 0) return undefined;
  const seconds = runs.map(({ learning }) => learning.secondsToTarget ?? undefined);
  return { target: runs[0]!.learning.target, seconds };
}

/** The run that wins the race; undefined where none came so far. */
export function winner({ seconds }: Race): number | undefined {
  const times = seconds.map((time) => time ?? Number.POSITIVE_INFINITY);
  const least = Math.min(...times);
  return Number.isFinite(least) ? times.indexOf(least) : undefined;
}

/** `a loss of 0.77`, `an accuracy of 97 %`. */
export function targetInWords(target: Learning['target']): string {
  return `${target.measure === 'loss' ? 'a loss' : 'an accuracy'} of ${targetValue(target)}`;
}

export function targetValue({ measure, value }: Learning['target']): string {
  return measure === 'loss' ? formatCount(value) : formatPercent(value);
}

export function raceTable(runs: readonly LearningRun[], { target, seconds }: Race, nameOf: NameOf): Table {
  const notReached = (shown: string | undefined): string => shown ?? 'not reached';
  return {
    caption: `What each run learned, and when it first was at ${targetInWords(target)}`,
    columns: [
      text('Run', runs.map(nameOf)),
      numbers(
        'Updates',
        runs.map((run) => formatInteger(run.learning.updates.at(-1)!)),
      ),
      numbers(
        'Last loss',
        runs.map((run) => shownLoss(run.learning.heldOutLoss.at(-1)!)),
      ),
      numbers(
        'Lowest loss',
        runs.map((run) => shownLoss(lowestLoss(run) ?? null)),
      ),
      numbers(
        'Last accuracy',
        runs.map((run) => shownShare(run.learning.heldOutAccuracy.at(-1)!)),
      ),
      numbers(
        `Time to ${targetInWords(target)}`,
        seconds.map((time) => notReached(time === undefined ? undefined : formatSeconds(time))),
      ),
      numbers(
        'Samples until then',
        runs.map(({ learning: { samplesToTarget } }) =>
          notReached(samplesToTarget === null ? undefined : formatInteger(samplesToTarget)),
        ),
      ),
      numbers(
        'Time computed',
        runs.map((run) => formatSeconds(run.learning.seconds.at(-1)!)),
      ),
    ],
  };
}

/** What one figure draws, as numbers. */
export function evaluationTable(
  runs: readonly LearningRun[],
  nameOf: NameOf,
  measure: Learning['target']['measure'],
): Table {
  const rows = runs.flatMap((run) =>
    run.learning.seconds.map((_, i) => ({ run, learning: run.learning, i })),
  );
  return {
    caption: 'Every evaluation on held-out samples',
    columns: [
      text(
        'Run',
        rows.map(({ run }) => nameOf(run)),
      ),
      numbers(
        'Updates',
        rows.map(({ learning, i }) => formatInteger(learning.updates[i]!)),
      ),
      numbers(
        'Samples',
        rows.map(({ learning, i }) => formatInteger(learning.samples[i]!)),
      ),
      numbers(
        'Simulated time',
        rows.map(({ learning, i }) => formatSeconds(learning.seconds[i]!)),
      ),
      measure === 'loss'
        ? numbers(
            'Held-out loss',
            rows.map(({ learning, i }) => shownLoss(learning.heldOutLoss[i]!)),
          )
        : numbers(
            'Accuracy',
            rows.map(({ learning, i }) => shownShare(learning.heldOutAccuracy[i]!)),
          ),
    ],
  };
}

export const shownLoss = (loss: number | null) => (loss === null ? 'diverged' : loss.toPrecision(4));
export const shownShare = (share: number) => (Number.isFinite(share) ? formatPercent(share) : 'n/a');
