import { basename, dirname, resolve } from 'node:path';
import { formatBytes, formatRate, formatSeconds } from '../base/units.ts';
import { calibrate as measure } from '../scenarios/local/calibrate.ts';
import { formatProfile, type Profile } from '../scenarios/profile-file.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import { checkFolder, writeFiles } from './write-files.ts';

export interface CalibrateOptions {
  readonly output: string;
  readonly threads: number;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** `stepcast calibrate`: a profile of this machine. */
export async function calibrate(options: CalibrateOptions): Promise<void> {
  const { output, threads, quick = false, json = false } = options;
  const path = resolve(output);
  checkFolder(dirname(path), [basename(path)]);
  const progress = progressOn(process.stderr);
  let profile: Profile;
  try {
    profile = await measure({
      threads,
      quick,
      onProgress: (what, done, total) =>
        progress.show(`Measuring: ${what}`, `, layer ${done + 1} of ${total}`),
    });
  } finally {
    progress.end();
  }
  await writeFiles([{ path, text: formatProfile(profile) }]);
  const { device, memory, exchange, kernels } = profile;
  const flopsPerSecond = Math.max(...kernels.map(({ flops, seconds }) => flops / Math.max(seconds, 1e-9)));
  const cache = memory.reduce((most, { bytesPerSecond }) => Math.max(most, bytesPerSecond), 0);
  const beyond = memory.at(-1)!;
  if (json) {
    printJson({
      device: device.name,
      threads,
      kernels: kernels.length,
      flopsPerSecond,
      cacheBytesPerSecond: cache,
      memoryBytesPerSecond: beyond.bytesPerSecond,
      exchange: exchange ?? null,
      file: output,
    });
    return;
  }
  const lines = [
    `${device.name}, ${threads} thread${threads === 1 ? '' : 's'}: ${kernels.length} kernels measured, ${(flopsPerSecond / 1e9).toFixed(1)} GFLOP/s at best`,
    `memory: ${formatRate(cache)} in the caches, ${formatRate(beyond.bytesPerSecond)} beyond ${formatBytes(beyond.bytes)}`,
    ...(exchange === undefined
      ? []
      : [
          `between two threads: ${formatSeconds(exchange.latencySeconds)} and ${formatRate(exchange.bytesPerSecond)}`,
        ]),
    `written to ${output}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
