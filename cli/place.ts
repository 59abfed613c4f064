import { join } from 'node:path';
import { formatInteger } from '../base/format.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import { clientScript } from '../reports/client-script.ts';
import { placementsCsv } from '../reports/csv.ts';
import { renderReport } from '../reports/html.ts';
import { chromeTrace } from '../reports/trace.ts';
import { isModelFile } from '../scenarios/model-file.ts';
import { type PlaceQuestion, placeScenario } from '../scenarios/place-scenario.ts';
import { measureOf } from '../scenarios/placement-answer.ts';
import { placementFile } from '../scenarios/placing.ts';
import type { PlacementExperiment, PlacementRun, Results } from '../scenarios/results.ts';
import { runScenario } from '../scenarios/run.ts';
import { colorsFor } from './colors.ts';
import { dimensions, inputShapes, refuseOptions } from './model-options.ts';
import { progressOn } from './progress.ts';
import { formatTable } from './table.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

export interface PlaceOptions extends Omit<PlaceQuestion, 'model' | 'dims' | 'shapes'> {
  readonly dim?: readonly string[];
  readonly shape?: readonly string[];
  readonly jobs?: number;
  readonly output?: string;
}

const FILES: { readonly [name: string]: (results: Results, client: string) => string } = {
  'report.html': renderReport,
  'results.json': (results) => `${JSON.stringify(results)}\n`,
  'trace.json': (results) => chromeTrace(results),
  'placements.csv': placementsCsv,
  'placement.json': ({ placement }) => placementFile(placement[0]!),
};

/** `stepcast place`: progress on stderr, the table on stdout, the rest in files. */
export async function place(model: string, options: PlaceOptions): Promise<void> {
  const { jobs, output, dim, shape, ...question } = options;
  if (isModelFile(model)) {
    const { batch, precision, set } = question;
    refuseOptions(
      { '--batch': batch, '--precision': precision, '--set': set },
      'a file has its own sizes and types; --dim binds symbolic ones',
    );
  } else {
    refuseOptions({ '--dim': dim, '--shape': shape }, 'is for model files');
  }
  const scenario = placeScenario({ ...question, model, dims: dimensions(dim), shapes: inputShapes(shape) });
  const folder = output ?? join('out', 'place');
  const client = clientScript();
  const { remove } = prepareFolder(folder, Object.keys(FILES));
  let results: Results;
  let searchSeconds: readonly number[] = [];
  const progress = progressOn(process.stderr);
  try {
    results = await runScenario(scenario, {
      seed: scenario.seed,
      placing: {
        ...(jobs !== undefined && { jobs }),
        onSearchSeconds: (seconds) => {
          searchSeconds = seconds;
        },
      },
      onProgress: ({ done, total, message, detail }) => {
        progress.show(`${Math.floor(done)}/${total} placements`, ` ${message}${detail && `, ${detail}`}`);
      },
    });
    await writeFiles(
      Object.entries(FILES).map(([name, write]) => ({
        path: join(folder, name),
        text: write(results, client),
      })),
    );
  } catch (error) {
    remove();
    throw error;
  } finally {
    progress.end();
  }
  const [experiment] = results.placement;
  const { bold, dim: faint } = colorsFor(process.stdout);
  process.stdout.write(`${placementTable(experiment!, searchSeconds)}\n`);
  for (const line of placementNotes(experiment!)) process.stdout.write(`${faint(line)}\n`);
  for (const answer of results.answers) process.stdout.write(`${bold('•')} ${answer}\n`);
  process.stdout.write(
    `${faint('Placement:')} ${join(folder, 'placement.json')}\n${faint('Report:')} ${join(folder, 'report.html')}\n`,
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
