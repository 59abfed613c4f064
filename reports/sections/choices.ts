import { formatFactor, formatInteger } from '../../base/format.ts';
import { capital } from '../../base/text.ts';
import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { InferenceExperiment, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { BarsChart, Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { dimensionOf, isOfWorkers, largestRuns } from '../run-groups.ts';
import { fastest, runNames } from '../runs.ts';
import { bestServed, servedPerSecond, serverName } from './inference.ts';

/** Bars of more runs than these tell nobody anything; the table of speed-ups has them. */
const MOST = 12;

/**
 * The strategies side by side, on as many workers as each has most, against one worker and the ideal; undefined where there
 * is but one. What bounds a run from above is its own arithmetic: were its busiest device never without work, it would be
 * 1 / (that device's share of compute) times as fast.
 */
export function trainingChoices(experiment: TrainingExperiment, id: string): Figure | undefined {
  const { runs, baseline } = experiment;
  const timed = runs.filter((run) => run.stepSeconds.count > 0);
  // Where servers or backups are compared, each number of them is a choice.
  const compared = isOfWorkers(dimensionOf(timed)) ? largestRuns(timed) : timed;
  const largest = compared.toSorted((a, b) => b.speedUp - a.speedUp).slice(0, MOST);
  if (largest.length < 2) return undefined;
  const nameOf = runNames(runs);
  const best = fastest(largest) ?? largest[0]!;
  const second = fastest(largest.filter((run) => run !== best)) ?? best;
  const workers = new Set(largest.map((run) => run.workers));
  const ideal = workers.size === 1 ? best.workers : null;
  const gain = best.speedUp / second.speedUp;
  const [measure] = baseline.split(',');
  return {
    id,
    title:
      gain < 1.01
        ? `${capital(nameOf(best))} and ${nameOf(second)} are as fast as each other`
        : `${capital(nameOf(best))} is ${formatFactor(gain)} as fast as the next, ${nameOf(second)}`,
    note: `${told(timed)} Outlines reach to what its computing alone would allow: the run were as fast if its busiest device never waited.${timed.some(unfit) ? ' Hollow: does not fit into memory.' : ''}`,
    chart: {
      kind: 'bars',
      x: {
        label: `Speed-up (×, against ${measure})`,
        scale: 'linear',
        include: [0],
        format: (value) => formatFactor(value),
      },
      bars: largest.map((run): BarsChart['bars'][number] => {
        const interval = intervalOf(run);
        return {
          name: nameOf(run),
          value: run.speedUp,
          shown: formatFactor(run.speedUp),
          best: run === best,
          ...(interval !== null && { range: interval }),
          reach: run.speedUp / busiestShare(run),
          ...(unfit(run) && { hollow: true as const }),
          tip: [
            nameOf(run),
            `speed-up ${formatFactor(run.speedUp)}${interval === null ? '' : `, likely ${formatFactor(interval[0])} to ${formatFactor(interval[1])}`}`,
            `${formatInteger(run.samplesPerSecond)} samples/s`,
            `${formatFactor(run.speedUp / busiestShare(run))} by computing alone`,
          ],
        };
      }),
      reach: 'by computing alone',
      range: rangeInWords(largest),
      bound:
        ideal === null || ideal < 2 ? null : { value: ideal, lines: [`${formatInteger(ideal)}×: the ideal`] },
      baseline: { value: 1, lines: [`1×: ${measure}`] },
    },
    tables: [
      {
        caption: told(timed).slice(0, -1),
        columns: [
          text('Run', largest.map(nameOf)),
          numbers(
            'Samples/s',
            largest.map((run) => formatInteger(run.samplesPerSecond)),
          ),
          numbers(
            'Time of a million samples',
            largest.map((run) => formatSeconds(1e6 / run.samplesPerSecond)),
          ),
          numbers(
            `Speed-up against ${measure}`,
            largest.map((run) => formatFactor(run.speedUp)),
          ),
          text(
            rangeInWords(largest),
            largest.map((run) => {
              const interval = intervalOf(run);
              return interval === null ? '–' : `${formatFactor(interval[0])} to ${formatFactor(interval[1])}`;
            }),
          ),
          numbers(
            'By computing alone',
            largest.map((run) => formatFactor(run.speedUp / busiestShare(run))),
          ),
          numbers(
            'Ideal',
            largest.map((run) => `${formatInteger(run.workers)}×`),
          ),
          numbers(
            'Share of the ideal (%)',
            largest.map((run) => formatPercent(run.efficiency)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

const told = (runs: readonly TrainingRun[]): string =>
  isOfWorkers(dimensionOf(runs)) ? 'The largest run of each strategy.' : 'The fastest runs first.';

const unfit = (run: TrainingRun): boolean => run.outOfMemory !== null;

/** Share of the time in which the device that computes most does. */
function busiestShare({ devices }: TrainingRun): number {
  const most = Math.max(0, ...devices.map(({ compute }) => compute));
  return most > 0 ? Math.min(1, most) : 1;
}

/** Where the speed-up likely is. */
export function intervalOf({ speedUp, speedUpErrorBar: bar }: TrainingRun): readonly [number, number] | null {
  return bar === null ? null : [speedUp / bar.factor, speedUp * bar.factor];
}

/** What the intervals of these runs are. */
export function rangeInWords(runs: readonly TrainingRun[]): string {
  const bar = runs.find(({ speedUpErrorBar }) => speedUpErrorBar !== null)?.speedUpErrorBar;
  return bar === null || bar === undefined ? 'interval' : `${formatPercent(bar.confidence)} interval`;
}

/** The servers by their best batches, the first of the scenario as the baseline; undefined where there is but one. */
export function inferenceChoices(experiment: InferenceExperiment, id: string): Figure | undefined {
  const servers = [...new Set(experiment.runs.map(serverName))];
  const rows = servers.flatMap((name) => {
    const run = bestServed(
      experiment,
      experiment.runs.filter((one) => serverName(one) === name),
    );
    return run === undefined ? [] : [{ name, run, served: servedPerSecond(run, experiment)! }];
  });
  const [first] = rows;
  if (first === undefined || rows.length < 2) return undefined;
  const best = rows.reduce((most, row) => (row.served > most.served ? row : most));
  const gain = best.served / first.served;
  const rangeOf = ({ run, served }: (typeof rows)[number]): readonly [number, number] | null =>
    run.errorBar === null ? null : [served / run.errorBar.factor, served * run.errorBar.factor];
  const confidence = rows.find(({ run }) => run.errorBar !== null)?.run.errorBar?.confidence;
  return {
    id,
    title:
      best === first
        ? `${best.name} serves most: ${formatCount(best.served)} inferences/s`
        : `${best.name} serves ${formatFactor(gain)} as much as ${first.name}`,
    note: 'Each server with the batch by which it serves most. No bound is known of what a server can serve; prices and watts are in the table of servers.',
    chart: {
      kind: 'bars',
      x: { label: 'Inferences per second', scale: 'linear', include: [0], format: formatCount },
      bars: rows
        .toSorted((a, b) => b.served - a.served)
        .map((row) => {
          const range = rangeOf(row);
          return {
            name: row.name,
            value: row.served,
            shown: formatCount(row.served),
            best: row === best,
            ...(range !== null && { range }),
            tip: [
              row.name,
              `${formatCount(row.served)} inferences/s in batches of ${formatInteger(row.run.batch)}`,
              `${formatFactor(row.served / first.served)} of ${first.name}`,
            ],
          };
        }),
      ...(confidence !== undefined && { range: `${formatPercent(confidence)} interval` }),
      bound: null,
      baseline: { value: first.served, lines: [`${formatCount(first.served)}: ${first.name}`] },
    },
    tables: [
      {
        caption: 'Servers by their best batch',
        columns: [
          text(
            'Server',
            rows.map(({ name }) => name),
          ),
          numbers(
            'Batch (samples)',
            rows.map(({ run }) => formatInteger(run.batch)),
          ),
          numbers(
            'Inferences/s',
            rows.map(({ served }) => formatCount(served)),
          ),
          text(
            confidence === undefined ? 'Interval' : `${formatPercent(confidence)} interval`,
            rows.map((row) => {
              const range = rangeOf(row);
              return range === null ? '–' : `${formatCount(range[0])} to ${formatCount(range[1])}`;
            }),
          ),
          numbers(
            `Against ${first.name}`,
            rows.map(({ served }) => formatFactor(served / first.served)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}
