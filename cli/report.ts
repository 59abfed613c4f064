import { basename, dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { clientScript } from '../reports/client-script.ts';
import { renderReport } from '../reports/html.ts';
import { show } from '../scenarios/fields.ts';
import { calledInMessages, readText } from '../scenarios/read-text.ts';
import { RESULTS_VERSION, type Results } from '../scenarios/results.ts';
import { parseResults } from '../scenarios/results-schema.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

/** `stepcast report`: draws again what `stepcast run` found. */
export async function report(path: string, { output }: { readonly output?: string }): Promise<void> {
  const results = readResults(path);
  const text = renderReport(results, clientScript());
  const target = output ?? join(path.startsWith('/dev/') ? '.' : dirname(path), 'report.html');
  const { remove } = prepareFolder(dirname(target), [basename(target)]);
  try {
    await writeFiles([{ path: target, text }]);
  } catch (error) {
    remove();
    throw error;
  }
  process.stdout.write(`${target}\n`);
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
