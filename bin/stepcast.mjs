#!/usr/bin/env node
import { existsSync } from 'node:fs';

const checkout = new URL('../build.mjs', import.meta.url);
if (existsSync(checkout) && installed('esbuild')) {
  const { buildIfStale } = await import(checkout.href);
  await buildIfStale();
}
const program = new URL('../dist/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('stepcast is not built yet: run `npm ci` in its folder\n');
  process.exitCode = 70;
}

function installed(name) {
  try {
    import.meta.resolve(name);
    return existsSync(new URL(import.meta.resolve(name)));
  } catch {
    return false;
  }
}
