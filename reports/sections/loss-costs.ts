import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { LossCost, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { runNames } from '../runs.ts';

const LOST = [
  ['worker', "a worker's host"],
  ['group', 'a group'],
  ['server', 'a parameter server'],
] as const;

/** What one loss of a worker, of a group and of a server costs each run; undefined where nothing fails. */
export function lossCosts({ runs }: TrainingExperiment, id: string): Figure | undefined {
  const nameOf = runNames(runs);
  const all = runs.filter(({ lossCosts }) => lossCosts.length > 0);
  if (all.length === 0) return undefined;
  const columns = LOST.flatMap(([lost, words]) => {
    const costs = all.map((run) => costOf(run, lost));
    if (costs.every((cost) => cost === undefined)) return [];
    return [text(`One loss of ${words}`, costs.map(outcome)), numbers('costs', costs.map(costInWords))];
  });
  return {
    id,
    title: titleOf(all, nameOf),
    note: 'By how much later training ends, on average over the moments at which the loss may come; while machines are away, what is left goes on at the speed shown. Each loss is by itself, and of machines that may never fail in the scenario. A group: as many workers as a hybrid group has, whatever the strategy.',
    chart: null,
    tables: [{ caption: 'What one loss costs', columns: [text('Run', all.map(nameOf)), ...columns] }],
    width: 'full',
  };
}

function titleOf(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): string {
  const secondsOf = (run: TrainingRun): number => costOf(run, 'worker')?.seconds ?? Number.POSITIVE_INFINITY;
  const sorted = runs.toSorted((a, b) => secondsOf(a) - secondsOf(b));
  const said = (run: TrainingRun): string => `${nameOf(run)} ${costInWords(costOf(run, 'worker'))}`;
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return `One lost worker's host costs ${least === most ? said(least) : `${said(least)}, ${said(most)}`}`;
}

function costOf({ lossCosts }: TrainingRun, lost: LossCost['lost']): LossCost | undefined {
  return lossCosts.find((cost) => cost.lost === lost);
}

function outcome(cost: LossCost | undefined): string {
  if (cost === undefined) return '–';
  if (cost.outcome === 'restarts') return 'all go back to the checkpoint';
  if (cost.outcome === 'waits') return 'all wait';
  return cost.speed > AS_FAST && cost.speed < 2 - AS_FAST
    ? 'the others go on as fast as before'
    : `the others go on, ${formatPercent(cost.speed)} as fast as before`;
}

/** Speeds that differ from the undisturbed one by less than this share are rounding and other orders of events. */
const AS_FAST = 0.999;

function costInWords(cost: LossCost | undefined): string {
  if (cost === undefined) return '–';
  if (cost.seconds !== null) return formatSeconds(cost.seconds);
  return cost.downSeconds === null ? 'for good' : 'all so far';
}
