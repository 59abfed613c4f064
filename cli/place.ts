import { formatInteger } from '../base/format.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import { measureOf } from '../scenarios/placement-answer.ts';
import type { PlacementExperiment, PlacementRun } from '../scenarios/results.ts';
import { colorsFor } from './colors.ts';
import { inThread } from './in-thread.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import { formatTable } from './table.ts';
import type { PlaceTask } from './tasks/place.ts';
import { writeFiles } from './write-files.ts';

/** `stepcast place`: progress on stderr, the table on stdout, the rest in files. */
export async function place(
  model: string,
  { json = false, ...options }: PlaceTask['options'] & { readonly json?: boolean },
): Promise<void> {
  const task: PlaceTask = { command: 'place', model, options };
  const progress = progressOn(process.stderr);
  const { experiment, searchSeconds, summary, files } = await inThread(task, {
    onProgress: ({ done, total, message, detail, share }) =>
      progress.show(
        `${Math.floor(done)}/${total} placements`,
        ` ${message}${detail && `, ${detail}`}`,
        share,
      ),
    lastWords: () => {
      progress.end();
      return 'nothing is written, and what earlier runs wrote is as it was; --evaluations makes searches shorter';
    },
  }).finally(() => progress.end());
  await writeFiles(files);
  if (json) {
    printJson({ ...summary, searchSeconds });
    return;
  }
  const { bold, dim: faint } = colorsFor(process.stdout);
  process.stdout.write(`${placementTable(experiment, searchSeconds)}\n`);
  for (const line of placementNotes(experiment)) process.stdout.write(`${faint(line)}\n`);
  for (const answer of summary.answers) process.stdout.write(`${bold('•')} ${answer}\n`);
  process.stdout.write(
    `${faint('Placement:')} ${summary.files['placement.json']}\n${faint('Report:')} ${summary.files['report.html']}\n`,
  );
}

/** All placers, the best first; those that do not fit last. */
export function placementTable(experiment: PlacementExperiment, searchSeconds: readonly number[]): string {
  const { of, bound } = measureOf(experiment);
  const rows = experiment.runs
    .map((run, i) => ({ run, searched: searchSeconds[i] }))
    .sort(
      (a, b) =>
        Number(a.run.outOfMemory !== null) - Number(b.run.outOfMemory !== null) || a.run.score - b.run.score,
    );
  const right = (header: string, cell: (run: PlacementRun) => string) => ({
    header,
    align: 'right' as const,
    cells: rows.map(({ run }) => cell(run)),
  });
  const fits = (run: PlacementRun, text: string): string => (run.outOfMemory === null ? text : '—');
  const drawn = experiment.runs.some(({ draws }) => draws.count > 1);
  const failing = experiment.runs.some(({ failures }) => failures > 0);
  const robust = experiment.runs.some(({ robustness }) => robustness !== null);
  return formatTable([
    { header: 'placer', cells: rows.map(({ run }) => run.label) },
    right(drawn ? 'step (median)' : 'step', (run) => fits(run, formatSeconds(run.stepSeconds))),
    ...(drawn
      ? [
          right('least – most', ({ draws: { count, leastSeconds, mostSeconds } }) =>
            count === 1 ? '' : `${formatSeconds(leastSeconds)} – ${formatSeconds(mostSeconds)}`,
          ),
        ]
      : []),
    ...objectiveColumn(experiment, right, fits),
    right('× single', (run) => fits(run, run.speedUp.toFixed(2))),
    ...(bound === null || bound === 0
      ? []
      : [right('above bound', (run) => fits(run, formatPercent(of(run) / bound - 1)))]),
    right('memory', (run) =>
      run.outOfMemory === null ? formatPercent(fullest(run)) : `does not fit: ${formatPercent(fullest(run))}`,
    ),
    right('evaluations', (run) => formatInteger(run.evaluations)),
    ...(failing ? [right('did not fit', (run) => formatInteger(run.failures))] : []),
    {
      header: 'searched',
      align: 'right' as const,
      cells: rows.map(({ searched }) => (searched === undefined ? '' : formatSeconds(searched))),
    },
    ...(robust
      ? [
          right('ops ± 20 %', ({ robustness: r }) =>
            r === null ? '' : `${formatSeconds(r.leastSeconds)} – ${formatSeconds(r.mostSeconds)}`,
          ),
          right('half bandwidth', ({ robustness: r }) =>
            r === null ? '' : formatSeconds(r.halfBandwidthSeconds),
          ),
        ]
      : []),
  ]);
}

type Right = (
  header: string,
  cell: (run: PlacementRun) => string,
) => {
  readonly header: string;
  readonly align: 'right';
  readonly cells: readonly string[];
};

function objectiveColumn(
  { objective }: PlacementExperiment,
  right: Right,
  fits: (run: PlacementRun, text: string) => string,
): ReturnType<Right>[] {
  if (objective === 'throughput') {
    return [right('pipelined', (run) => fits(run, `${formatSeconds(run.bottleneckSeconds)} a step`))];
  }
  return objective === 'cost'
    ? [right('a million steps', (run) => fits(run, `${(1e6 * run.score).toFixed(2)} $`))]
    : [];
}

const fullest = ({ memory }: PlacementRun): number =>
  memory.reduce(
    (most, { footprintBytes, capacityBytes }) => Math.max(most, footprintBytes / capacityBytes),
    0,
  );

function placementNotes(experiment: PlacementExperiment): string[] {
  const { format, bound } = measureOf(experiment);
  return [
    ...(bound === null
      ? []
      : [
          `Nothing takes less than ${format(bound)}, however it is placed: a bound, not a measurement; how far the best possible is above it, nobody knows.`,
        ]),
    'memory: share that the fullest device needs of its own. searched: wall-clock time on this machine, of all draws.',
  ];
}
