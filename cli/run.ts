import { basename, join } from 'node:path';
import pc from 'picocolors';
import { clientScript } from '../reports/client-script.ts';
import { placementsCsv, stepsCsv } from '../reports/csv.ts';
import { renderReport } from '../reports/html.ts';
import { chromeTrace } from '../reports/trace.ts';
import { loadScenario } from '../scenarios/load.ts';
import type { Results } from '../scenarios/results.ts';
import { runScenario } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { progressOn } from './progress.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

export interface RunOptions {
  readonly output?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
}

/** `stepcast run`: progress on stderr, the answers on stdout, the rest in files. */
export async function run(path: string, options: RunOptions): Promise<void> {
  const scenario = loadScenario(path, options);
  const folder = options.output ?? join('out', basename(path).replace(/\.ya?ml$/, ''));
  const client = clientScript();
  prepareFolder(folder);
  const results = await simulate(scenario);
  const file = (name: string, text: string) => ({ path: join(folder, name), text });
  const files = [
    file('report.html', renderReport(results, client)),
    file('results.json', `${JSON.stringify(results)}\n`),
    file('trace.json', chromeTrace(results)),
  ];
  if (results.training.length > 0) files.push(file('steps.csv', stepsCsv(results)));
  if (results.placement.length > 0) files.push(file('placements.csv', placementsCsv(results)));
  await writeFiles(files);
  for (const answer of results.answers) process.stdout.write(`${pc.bold('•')} ${answer}\n`);
  process.stdout.write(`${pc.dim('Report:')} ${join(folder, 'report.html')}\n`);
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
