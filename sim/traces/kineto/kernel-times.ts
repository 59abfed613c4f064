import type { KinetoTrace } from './trace.ts';

/** Measured times of all tasks of a name. */
export interface KernelTime {
  readonly name: string;
  readonly kind: 'kernel' | 'memcpy' | 'memset';
  readonly count: number;
  readonly seconds: number;
  readonly meanSeconds: number;
}

/** What GPUs did, by name, longest in total first; names decide ties. */
export function kernelTimes(traces: readonly KinetoTrace[]): KernelTime[] {
  const rows = new Map<string, { kind: KernelTime['kind']; count: number; seconds: number }>();
  for (const { tasks } of traces) {
    for (const { name, kind, seconds } of tasks) {
      const row = rows.get(name) ?? { kind, count: 0, seconds: 0 };
      row.count++;
      row.seconds += seconds;
      rows.set(name, row);
    }
  }
  return [...rows]
    .map(([name, row]) => ({ name, ...row, meanSeconds: row.seconds / row.count }))
    .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1));
}
