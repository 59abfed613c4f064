// npm run bench [name …] [-- option …]: bundles and runs bench/<name>.bench.ts, or all of them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(here).filter((file) => file.endsWith('.bench.ts'));
const given = process.argv.slice(2);
// Names of benchmarks come first; what follows is for them.
const options = given.findIndex((argument) => !all.includes(`${argument}.bench.ts`));
const names = options === -1 ? given : given.slice(0, options);
if (names.length === 0 && given.length > 0 && !given[0].startsWith('-')) {
  const known = all.map((file) => file.replace('.bench.ts', '')).join(', ');
  console.error(`there is no benchmark "${given[0]}"; there are ${known}`);
  process.exit(2);
}
// A benchmark finds its own options where a program of its own would.
process.argv.splice(2, names.length);
const wanted = names.map((name) => `${name}.bench.ts`);
for (const file of wanted.length > 0 ? wanted : all) {
  const outfile = join(here, '..', 'out', 'bench', file.replace('.ts', '.mjs'));
  await build({
    entryPoints: [join(here, file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  console.log(`# ${file}`);
  await import(pathToFileURL(outfile).href);
}
