import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { clientScript, simulatorScript } from '../reports/client-script.ts';
import { renderReport } from '../reports/html.ts';
import { show } from '../scenarios/fields.ts';
import { calledInMessages, readText } from '../scenarios/read-text.ts';
import { RESULTS_VERSION, type Results } from '../scenarios/results.ts';
import { parseResults } from '../scenarios/results-schema.ts';
import { printJson } from './print-json.ts';
import { summaryOf } from './results-summary.ts';
import { checkFolder, writeFiles } from './write-files.ts';

export interface ReportOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** `stepcast report`: draws again what `stepcast run` found. */
export async function report(path: string, { output, json = false }: ReportOptions): Promise<void> {
  const results = readResults(path);
  const target = output ?? join(path.startsWith('/dev/') ? '.' : dirname(path), 'report.html');
  if (existsSync(target) && existsSync(path) && realpathSync(target) === realpathSync(path))
    throw new UserError(`${target}: these are the results; name another file for the report with -o`);
  checkFolder(dirname(target), [basename(target)]);
  const files = [{ path: target, text: renderReport(results, clientScript(), simulatorScript()) }];
  await writeFiles(files);
  if (json) printJson(summaryOf(results, files));
  else process.stdout.write(`${target}\n`);
}

const RESULTS_FILE = {
  name: 'results',
  format: 'JSON in UTF-8',
  mostBytes: 512_000_000,
  ending: /\.json$/,
};

function readResults(path: string): Results {
  const file = calledInMessages(path);
  const text = readText(path, RESULTS_FILE);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${file}: not JSON; name a results.json that "stepcast run" wrote`);
  }
  const found = (value ?? {}) as Partial<Record<keyof Results, unknown>>;
  if (found.format !== 'stepcast results') {
    throw new UserError(`${file}: not results of stepcast; name a results.json that "stepcast run" wrote`);
  }
  if (found.version !== RESULTS_VERSION) {
    const what = `format ${show(found.version)} of results; this program reads format ${RESULTS_VERSION}`;
    throw new UserError(`${file}: ${what}; run the scenario again`);
  }
  return parseResults(value, file);
}
