import { availableParallelism } from 'node:os';
import { resolve as absolute, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { RegimeOptions, RegimeRow } from './regime-measurement.ts';

/**
 * Rows of the cases of these numbers (of REGIME_CASES), in their order, measured on as many threads as there are cores (two at
 * most, so that seconds mean the same everywhere). To be run from the repository's folder.
 */
export async function measureRegimes(
  cases: readonly number[],
  options: RegimeOptions,
  progress: (row: RegimeRow, done: number) => void,
): Promise<RegimeRow[]> {
  const outfile = absolute('out', 'bench', 'regime-worker.mjs');
  await build({
    entryPoints: [join('bench', 'placement', 'regime-worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  const rows = new Map<number, RegimeRow>();
  let next = 0;
  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(outfile, { workerData: options });
      const go = (): void => {
        if (next < cases.length) worker.postMessage(cases[next++]!);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('error', reject);
      worker.on('message', ([at, row]: [number, RegimeRow]) => {
        rows.set(at, row);
        progress(row, rows.size);
        go();
      });
      go();
    });
  const threads = Math.min(2, availableParallelism(), cases.length);
  await Promise.all(Array.from({ length: threads }, thread));
  return cases.map((at) => rows.get(at)!);
}
