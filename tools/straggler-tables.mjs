// node tools/straggler-tables.mjs FOLDER: makes sim/disturbances/empirical/*.json from trace-AR.csv.gz and
// trace-SE.csv.gz in FOLDER (data/trace-*.parquet of github.com/ByteDance-Seed/StragglerAnalysis, written out as CSV),
// and prints what docs/stragglers.md says of their spread.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tools/straggler-tables.mjs FOLDER');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = join(root, 'out', 'tools', 'straggler-tables.mjs');
await build({
  stdin: {
    contents:
      "export * from './tools/straggler-tables.ts'; export { readPipelineJob } from './sim/traces/pipeline-job.ts';",
    resolveDir: root,
  },
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
const { readPipelineJob, spreadReport, stragglerTables } = await import(pathToFileURL(outfile).href);

const [ar, se] = ['trace-AR.csv.gz', 'trace-SE.csv.gz'].map((name) =>
  readPipelineJob(gunzipSync(readFileSync(join(folder, name))).toString('utf8'), name),
);
for (const table of stragglerTables(ar, se)) {
  const path = join(root, 'sim', 'disturbances', 'empirical', `${table.id}.json`);
  writeFileSync(path, `${JSON.stringify(table, null, 2)}\n`);
  console.log(path);
}
for (const line of spreadReport(ar, se)) console.log(line);
