import { join } from 'node:path';
import { formatInteger } from '../base/format.ts';
import { printable, shortened } from '../base/text.ts';
import { formatCount, formatSeconds } from '../base/units.ts';
import { clientScript } from '../reports/client-script.ts';
import { renderSweep } from '../reports/sweep/page.ts';
import { parameterNames } from '../reports/sweep/parameter-names.ts';
import { type BestRun, BestRuns } from '../scenarios/sweep/best-runs.ts';
import { tableOf } from '../scenarios/sweep/columns.ts';
import { csvPieces } from '../scenarios/sweep/csv.ts';
import { FailureReasons } from '../scenarios/sweep/failure-reasons.ts';
import { MergedRows } from '../scenarios/sweep/merge.ts';
import { ndjsonPieces } from '../scenarios/sweep/ndjson.ts';
import { overviewOf } from '../scenarios/sweep/overview.ts';
import { pointsIn, type Shard } from '../scenarios/sweep/shard.ts';
import type { SweepStore } from '../scenarios/sweep/store.ts';
import { colorsFor } from './colors.ts';
import { printJson } from './print-json.ts';
import type { SweepTally } from './sweep.ts';
import { formatTable } from './table.ts';
import { writePieces } from './write-pieces.ts';

/** Best runs of each experiment that are shown, and reasons of failed ones. */
const SHOWN = 10;
const REASONS = 3;

/** Writes what is made of all rows, where all are there, and says what came of the sweep. Returns how many runs failed. */
export async function reportSweep(
  store: SweepStore,
  { before, crashed }: SweepTally,
  { shard, json }: { readonly shard: Shard; readonly json: boolean },
): Promise<number> {
  const { folder, header } = store;
  const rows = new MergedRows([folder], { onBroken: () => {} });
  const best = new BestRuns(SHOWN);
  const reasons = new FailureReasons();
  for (const row of rows) {
    best.add(row);
    if (row.error !== null) reasons.add(row.index, row.error);
  }
  const isWhole = rows.count === header.count;
  const files = isWhole ? await writeMerged(store, rows) : {};
  if (json) {
    printJson({
      title: header.title,
      folder,
      points: header.count,
      done: rows.count,
      failed: rows.failed,
      crashed,
      best: Object.fromEntries(best.get()),
      files,
    });
    return rows.failed + crashed.length;
  }
  const { bold, dim } = colorsFor(process.stdout);
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  for (const [experiment, runs] of best.get()) {
    print(bold(`${experiment}: ${runs.length === 0 ? 'no run fits and ends' : 'the fastest'}`));
    if (runs.length > 0) process.stdout.write(bestTable(runs, header.parameters));
  }
  const own = pointsIn(shard, header.count);
  const ofShard = shard.of === 1 ? '' : ` of shard ${shard.index + 1} of ${shard.of}`;
  const reused = before === 0 ? '' : `, of which ${formatInteger(before)} were done before`;
  const failures = rows.failed === 0 ? '' : `; ${formatInteger(rows.failed)} without figures`;
  print(
    `${formatInteger(store.doneHere)} of ${formatInteger(own)} runs${ofShard} are done${reused}${failures}`,
  );
  const failed = reasons
    .get()
    .map(
      ({ reason, points, index }) =>
        `${points > 1 ? `${points} runs, the first ` : 'run '}${index}: ${reason}`,
    );
  const told = [...crashed, ...failed];
  for (const line of told.slice(0, REASONS)) print(dim(shortened(printable(line), 300)));
  if (told.length > REASONS) print(dim(`… and ${formatInteger(told.length - REASONS)} more reasons`));
  if (isWhole) print(`${dim('Results:')} ${Object.values(files).join(', ')}`);
  else
    print(`${dim('Runs so far:')} ${join(folder, 'runs')} (stepcast merge ${folder} makes one file of them)`);
  return rows.failed + crashed.length;
}

async function writeMerged(
  { folder, header }: SweepStore,
  rows: MergedRows,
): Promise<{ [name: string]: string }> {
  const path = (name: string): string => join(folder, name);
  return {
    'results.ndjson': await writePieces(path('results.ndjson'), ndjsonPieces(rows)),
    'results.csv': await writePieces(path('results.csv'), csvPieces(tableOf(rows))),
    'sweep.html': await writePieces(path('sweep.html'), [
      renderSweep(overviewOf(header, rows), clientScript()),
    ]),
  };
}

function bestTable(runs: readonly BestRun[], parameters: readonly string[]): string {
  const names = parameterNames(parameters).map((name) => shortened(printable(name), 40));
  const right = (header: string, cell: (run: BestRun) => string) => ({
    header,
    align: 'right' as const,
    cells: runs.map(cell),
  });
  const some = (of: (run: BestRun) => unknown): boolean => runs.some((run) => of(run) !== null);
  const seeds = Math.max(...runs.map((run) => run.seeds));
  return formatTable([
    ...parameters.map((parameter, i) => ({
      header: names[i]!,
      cells: runs.map(({ values }) => valueInWords(values[parameter])),
    })),
    { header: 'what', cells: runs.map(({ figures }) => figures.label) },
    ...(some(({ figures }) => figures.workers)
      ? [right('workers', ({ figures }) => String(figures.workers ?? ''))]
      : []),
    ...(some(({ figures }) => figures.batch)
      ? [right('batch', ({ figures }) => String(figures.batch ?? ''))]
      : []),
    ...(seeds > 1 ? [right('seeds', (run) => String(run.seeds))] : []),
    right('step', ({ figures }) => formatSeconds(figures.stepSeconds ?? 0)),
    right('samples/s', ({ figures }) => formatCount(figures.samplesPerSecond ?? 0)),
    ...(some(({ figures }) => figures.dollarsPerMillionSamples)
      ? [right('$ / 1e6 samples', ({ figures }) => figures.dollarsPerMillionSamples?.toPrecision(3) ?? '')]
      : []),
  ]);
}

function valueInWords(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return shortened(printable(text), 40);
}
