import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * The thousand runs of sweep.yaml by the command line, on one thread and on more: npm run bench sweep [-- --jobs N]
 * [--runs N]. Exit code 1 where the results differ, or where two threads are not 1.7 times as fast as one.
 */

const GOAL = 1.7;

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

const jobs = option('jobs', Math.min(2, availableParallelism()));
const runs = option('runs', 1000);
const folder = mkdtempSync(join(tmpdir(), 'stepcast-bench-'));

/** Wall-clock seconds of a sweep from the beginning of its process to the end, and what it wrote. */
function timed(threads: number): { seconds: number; rows: string; bytes: number } {
  const output = join(folder, String(threads));
  const seeds = Math.max(1, Math.round(runs / 20));
  const began = performance.now();
  execFileSync(
    process.execPath,
    [
      ...['bin/stepcast.mjs', 'sweep', 'bench/sweep.yaml', '--jobs', String(threads), '-o', output, '--json'],
      ...['--set', `sweep.seeds=${seeds}`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, FORCE_COLOR: undefined } },
  );
  const seconds = (performance.now() - began) / 1000;
  const path = join(output, 'results.ndjson');
  return { seconds, rows: readFileSync(path, 'utf8'), bytes: statSync(path).size };
}

try {
  const [one, more] = [timed(1), timed(jobs)];
  const count = one.rows.split('\n').length - 1;
  const line = (threads: number, seconds: number): string =>
    `${threads} thread${threads === 1 ? ' ' : 's'}  ${seconds.toFixed(1).padStart(6)} s  ${(count / seconds).toFixed(1).padStart(6)} runs/s`;
  const ratio = one.seconds / more.seconds;
  console.log(`${count} runs, ${Math.round(one.bytes / count)} bytes each`);
  console.log(line(1, one.seconds));
  console.log(`${line(jobs, more.seconds)}  ${ratio.toFixed(2)} × one`);
  if (one.rows !== more.rows) {
    console.error('the results differ');
    process.exitCode = 1;
  } else if (jobs === 2 && ratio < GOAL) {
    console.error(`below the goal of ${GOAL} ×`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
