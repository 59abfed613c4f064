import { basename, join } from 'node:path';
import { clientScript } from '../reports/client-script.ts';
import { placementsCsv, stepsCsv } from '../reports/csv.ts';
import { renderReport } from '../reports/html.ts';
import { chromeTrace } from '../reports/trace.ts';
import { loadScenario } from '../scenarios/load.ts';
import type { Results } from '../scenarios/results.ts';
import { runScenario } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { colorsFor } from './colors.ts';
import { progressOn } from './progress.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

export interface RunOptions {
  readonly output?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
  /** As a value of the scenario's `trials`. */
  readonly trials?: string;
}

/** `stepcast run`: progress on stderr, the answers on stdout, the rest in files. */
export async function run(path: string, options: RunOptions): Promise<void> {
  const { set = [], trials } = options;
  const scenario = loadScenario(path, {
    ...options,
    set: trials === undefined ? set : [...set, `trials=${trials}`],
  });
  const folder = options.output ?? join('out', nameOf(path));
  const client = clientScript();
  const { remove } = prepareFolder(folder, Object.keys(FILES));
  let results: Results;
  try {
    results = await simulate(scenario);
    const files = Object.entries(FILES).flatMap(([name, write]) => {
      const text = write(results, client);
      return text === undefined ? [] : [{ path: join(folder, name), text }];
    });
    await writeFiles(files);
  } catch (error) {
    remove();
    throw error;
  }
  const { bold, dim } = colorsFor(process.stdout);
  for (const answer of results.answers) process.stdout.write(`${bold('•')} ${answer}\n`);
  process.stdout.write(`${dim('Report:')} ${join(folder, 'report.html')}\n`);
}

/** What is written under which name; undefined where there is nothing to write. */
const FILES: { readonly [name: string]: (results: Results, client: string) => string | undefined } = {
  'report.html': renderReport,
  'results.json': (results) => `${JSON.stringify(results)}\n`,
  'trace.json': (results) => chromeTrace(results),
  'steps.csv': (results) => (results.training.length > 0 ? stepsCsv(results) : undefined),
  'placements.csv': (results) => (results.placement.length > 0 ? placementsCsv(results) : undefined),
};

/** Of the scenario, to name the folder after. */
function nameOf(path: string): string {
  return path === '-' || path.startsWith('/dev/') ? 'stdin' : basename(path).replace(/\.ya?ml$/, '');
}

async function simulate(scenario: Scenario): Promise<Results> {
  const progress = progressOn(process.stderr);
  try {
    return await runScenario(scenario, {
      seed: scenario.seed,
      onProgress: ({ experiment, done, total, message, detail }) => {
        const whole = Math.floor(done);
        const share = done === whole ? '' : ` ${Math.floor((done - whole) * 100)} %`;
        progress.show(`${experiment} ${whole}/${total} ${message}`, `${share}${detail && `, ${detail}`}`);
      },
    });
  } finally {
    progress.end();
  }
}
