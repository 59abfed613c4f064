import { formatInteger } from '../base/format.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import type { Learning, TrainingRun } from './results.ts';

/** So many runs are named after the first. */
const MOST_OTHERS = 5;

/** Which run learns first, and when the others on as many workers do; '' without numbers. */
export function learningAnswer(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): string {
  const target = targetOf(runs);
  if (target === undefined) return '';
  const goal =
    target.measure === 'accuracy'
      ? `a held-out accuracy of ${formatPercent(target.value)}`
      : `a held-out loss of ${target.value.toFixed(2)} (a third of what it begins with)`;
  const learning = runs.filter((run) => run.learning !== null);
  const ranked = learning
    .filter((run) => run.learning!.secondsToTarget !== null)
    .toSorted((a, b) => a.learning!.secondsToTarget! - b.learning!.secondsToTarget!);
  const [first] = ranked;
  if (first === undefined) return `No run reaches ${goal}.`;
  const { secondsToTarget, samplesToTarget } = first.learning!;
  const others = ranked.filter((run) => run !== first && run.workers === first.workers);
  const then = others
    .slice(0, MOST_OTHERS)
    .map((run) => `${run.label}: ${formatSeconds(run.learning!.secondsToTarget!)}`);
  const never = learning.filter(
    (run) => run.workers === first.workers && run.learning!.secondsToTarget === null,
  );
  const rest = [
    ...(then.length === 0 ? [] : [` The others on as many workers: ${then.join('; ')}.`]),
    ...(never.length === 0 ? [] : [` Not reached by ${never.map(({ label }) => label).join('; ')}.`]),
  ];
  return `${nameOf(first)} is the first at ${goal}, after ${formatSeconds(secondsToTarget!)} of simulated time and ${formatInteger(samplesToTarget!)} samples.${rest.join('')}`;
}

/** What the runs of an experiment are compared by the time to; undefined without numbers. */
export function targetOf(runs: readonly TrainingRun[]): Learning['target'] | undefined {
  return runs.find(({ learning }) => learning !== null)?.learning?.target;
}
