import { dirname, resolve } from 'node:path';
import { formatBytes, formatRate, formatSeconds } from '../base/units.ts';
import { calibrate as measure } from '../scenarios/local/calibrate.ts';
import { formatProfile } from '../scenarios/profile-file.ts';
import { progressOn } from './progress.ts';
import { prepareFolder, writeFiles } from './write-files.ts';

export interface CalibrateOptions {
  readonly output: string;
  readonly threads: number;
  readonly quick?: boolean;
}

/** `stepcast calibrate`: a profile of this machine. */
export async function calibrate({ output, threads, quick = false }: CalibrateOptions): Promise<void> {
  const path = resolve(output);
  const { remove } = prepareFolder(dirname(path), [path.slice(dirname(path).length + 1)]);
  const progress = progressOn(process.stderr);
  try {
    const profile = await measure({
      threads,
      quick,
      onProgress: (what, done, total) =>
        progress.show(`Measuring: ${what}`, `, layer ${done + 1} of ${total}`),
    });
    await writeFiles([{ path, text: formatProfile(profile) }]);
    progress.end();
    const best = Math.max(...profile.kernels.map(({ flops, seconds }) => flops / Math.max(seconds, 1e-9)));
    const { device, memory, exchange } = profile;
    const lines = [
      `${device.name}, ${threads} thread${threads === 1 ? '' : 's'}: ${profile.kernels.length} kernels measured, ${(best / 1e9).toFixed(1)} GFLOP/s at best`,
      `memory: ${formatRate(memory.reduce((most, { bytesPerSecond }) => Math.max(most, bytesPerSecond), 0))} in the caches, ${formatRate(memory.at(-1)!.bytesPerSecond)} beyond ${formatBytes(memory.at(-1)!.bytes)}`,
      ...(exchange === undefined
        ? []
        : [
            `between two threads: ${formatSeconds(exchange.latencySeconds)} and ${formatRate(exchange.bytesPerSecond)}`,
          ]),
      `written to ${output}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    progress.end();
    remove();
    throw error;
  }
}
