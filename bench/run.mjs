// npm run bench [name …]: bundles and runs bench/<name>.bench.ts, or all of them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(here).filter((file) => file.endsWith('.bench.ts'));
const wanted = process.argv.slice(2).map((name) => `${name}.bench.ts`);
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
