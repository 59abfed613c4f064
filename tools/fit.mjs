// npm run fit [-- option …]: bundles and runs scenarios/claims/fit/main.ts.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = join(root, 'out', 'fit.mjs');
await build({
  entryPoints: [join(root, 'scenarios', 'claims', 'fit', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
await import(pathToFileURL(outfile).href);
