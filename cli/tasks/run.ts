import { basename, join } from 'node:path';
import { clientScript, simulatorScript } from '../../reports/client-script.ts';
import { placementsCsv, stepsCsv } from '../../reports/csv.ts';
import { renderReport } from '../../reports/html.ts';
import { chromeTrace } from '../../reports/trace.ts';
import { loadWritten } from '../../scenarios/load.ts';
import type { Results } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { type ResultsSummary, summaryOf } from '../results-summary.ts';
import { checkFolder } from '../write-files.ts';
import type { FileText } from './file-text.ts';
import { type TaskProgress, withShare } from './progress.ts';

/** The work of `stepcast run`. */
export interface RunTask {
  readonly command: 'run';
  readonly path: string;
  readonly output: string | undefined;
  readonly seed: number | undefined;
  readonly set: readonly string[];
}

/** Runs the experiments of a scenario file; returns what there is to write and to print. */
export async function runTask(
  { path, output, seed, set }: RunTask,
  onProgress: (progress: TaskProgress) => void,
): Promise<{ readonly summary: ResultsSummary; readonly files: readonly FileText[] }> {
  const { scenario, written } = loadWritten(path, { set, ...(seed !== undefined && { seed }) });
  const folder = output ?? join('out', nameOf(path));
  const scripts = { client: clientScript(), simulator: simulatorScript() };
  checkFolder(folder, Object.keys(FILES));
  const names = scenario.experiments.map(({ name }) => name);
  const told = withShare(names, onProgress);
  const results = await runScenario(scenario, { seed: scenario.seed, onProgress: told, written });
  const files = Object.entries(FILES).flatMap(([name, write]) => {
    const text = write(results, scripts);
    return text === undefined ? [] : [{ path: join(folder, name), text }];
  });
  return { summary: summaryOf(results, files), files };
}

/** What goes into the page. */
interface Scripts {
  readonly client: string;
  readonly simulator: string;
}

/** What is written under which name; undefined where there is nothing to write. */
const FILES: { readonly [name: string]: (results: Results, scripts: Scripts) => string | undefined } = {
  'report.html': (results, { client, simulator }) => renderReport(results, client, simulator),
  'results.json': (results) => `${JSON.stringify(results)}\n`,
  'trace.json': (results) => chromeTrace(results),
  'steps.csv': (results) => (results.training.length > 0 ? stepsCsv(results) : undefined),
  'placements.csv': (results) => (results.placement.length > 0 ? placementsCsv(results) : undefined),
};

/** Of the scenario, to name the folder after. */
function nameOf(path: string): string {
  return path === '-' || path.startsWith('/dev/') ? 'stdin' : basename(path).replace(/\.ya?ml$/, '');
}
