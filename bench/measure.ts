import { quantile } from '../base/statistics.ts';

/** CPU seconds (user and system, all threads of the process) that `body` takes. */
export function cpuSecondsOf(body: () => void): number {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Median CPU seconds of `body`, over `rounds` rounds after one to warm up. */
export function cpuSeconds(rounds: number, body: () => void): number {
  body();
  return quantile(
    Array.from({ length: rounds }, () => cpuSecondsOf(body)),
    0.5,
  );
}
