import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds dist/ once before the tests, so that the ones that start the program do not all build it at once. */
export default function setup(): void {
  try {
    execFileSync(process.execPath, ['build.mjs'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    console.error('dist/ could not be built: tests that start the program will fail');
  }
}
