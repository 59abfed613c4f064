// npm run claims:convert -- DIR [-o OUT]: bundles and runs scenarios/claims/convert/main.ts.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = join(root, 'out', 'tools', 'claims-convert.mjs');
await build({
  entryPoints: [join(root, 'scenarios', 'claims', 'convert', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
const { main } = await import(pathToFileURL(outfile).href);
process.exitCode = main(
  process.argv.slice(2),
  (line) => console.log(line),
  (line) => console.error(line),
);
