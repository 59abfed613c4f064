import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { clientScript } from '../reports/client-script.ts';
import { renderReport } from '../reports/html.ts';
import { RESULTS_VERSION, type Results } from '../scenarios/results.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

/** `stepcast report`: draws again what `stepcast run` found. */
export async function report(path: string, { output }: { readonly output?: string }): Promise<void> {
  const results = readResults(path);
  const target = output ?? join(dirname(path), 'report.html');
  prepareFolder(dirname(target));
  await writeFiles([{ path: target, text: render(results, path) }]);
  process.stdout.write(`${target}\n`);
}

function readResults(path: string): Results {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'no such file', ENOTDIR: 'no such file', EISDIR: 'this is a folder' }[code ?? ''];
    throw new UserError(`${path}: ${why ?? `cannot be read (${code ?? message})`}; name a results.json`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${path}: not JSON; name a results.json that "stepcast run" wrote`);
  }
  const found = (value ?? {}) as Partial<Record<keyof Results, unknown>>;
  if (found.format !== 'stepcast results') {
    throw new UserError(`${path}: not results of stepcast; name a results.json that "stepcast run" wrote`);
  }
  if (found.version !== RESULTS_VERSION) {
    const what = `format ${JSON.stringify(found.version)} of results; this program reads format ${RESULTS_VERSION}`;
    throw new UserError(`${path}: ${what}; run the scenario again`);
  }
  return value as Results;
}

/** Anything may be wrong in a file that was edited or cut: whatever the report stumbles over is told as damage. */
function render(results: Results, path: string): string {
  const client = clientScript();
  try {
    return renderReport(results, client);
  } catch (error) {
    const cause = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${path}: damaged results (${cause}); run the scenario again`, { cause: error });
  }
}
