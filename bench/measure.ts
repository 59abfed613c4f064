import { quantile } from '../base/statistics.ts';

/** Median CPU seconds (user and system) of `body`, over `rounds` rounds after one to warm up. */
export function cpuSeconds(rounds: number, body: () => void): number {
  body();
  const seconds = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return quantile(seconds, 0.5);
}
