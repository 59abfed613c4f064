// `node tools/lint-package.mjs [TARBALL]`: whether what is packed can be imported as it says, by publint and by "are the
// types wrong". Packs first where no tarball is given. The package is for `import` alone, hence attw's profile.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args) => execFileSync(command, args, { cwd: ROOT, stdio: 'inherit' });

const folder = mkdtempSync(join(tmpdir(), 'stepcast-pack-'));
try {
  const [given] = process.argv.slice(2);
  if (given === undefined) run('npm', ['pack', '--loglevel=error', '--pack-destination', folder]);
  const tarball = given ?? join(folder, readdirSync(folder)[0]);
  run('npx', ['--no-install', 'publint', 'run', '--strict', tarball]);
  run('npx', [
    '--no-install',
    'attw',
    tarball,
    '--profile',
    'esm-only',
    '--no-definitely-typed',
    '--no-emoji',
  ]);
} catch {
  // Each has said itself what is wrong.
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
