import { formatTable, type TableColumn } from '../../cli/table.ts';
import type { Checks } from './checks.ts';
import type { Contestant } from './contestants.ts';
import type { Instance, Schedule } from './instances/instance.ts';
import { replayedSeconds, scheduleFault } from './replay.ts';

/** An instance with a known optimum, and the class of instances that it is averaged in. */
export interface KnownInstance {
  readonly instance: Instance & { readonly optimum: number };
  readonly group: string;
}

export interface Gaps {
  readonly name: string;
  /** Per instance: how far above the optimum, as a share of it. */
  readonly gap: readonly number[];
  readonly milliseconds: number;
}

/**
 * How far a contestant's schedules are above the optima. Three things must hold of all of them: they are schedules,
 * the simulator takes as long for them as they say, and none is shorter than the optimum.
 */
export function gapsOf(
  { name, schedule }: Contestant,
  known: readonly KnownInstance[],
  checks: Checks,
): Gaps {
  const gap: number[] = [];
  const wrong: string[] = [];
  const below: string[] = [];
  let milliseconds = 0;
  for (const { instance } of known) {
    const { problem, optimum } = instance;
    const begun = performance.now();
    const found = schedule(problem);
    milliseconds += performance.now() - begun;
    const fault = scheduleFault(problem, found) ?? simulatedFault(instance, found);
    if (fault !== undefined) wrong.push(`${instance.name}: ${fault}`);
    if (found.seconds < optimum * (1 - 1e-9))
      below.push(`${instance.name}: ${found.seconds}, optimum ${optimum}`);
    gap.push(found.seconds / optimum - 1);
  }
  checks.check(wrong.length === 0, `${name}: ${wrong.length} wrong schedules, first of ${wrong[0]}`);
  checks.check(below.length === 0, `${name}: ${below.length} below the optimum, first ${below[0]}`);
  return { name, gap, milliseconds };
}

function simulatedFault({ problem }: Instance, schedule: Schedule): string | undefined {
  const simulated = replayedSeconds(problem, schedule);
  const same = Math.abs(simulated - schedule.seconds) <= 1e-9 * schedule.seconds;
  return same ? undefined : `it takes ${simulated} in the simulator, not ${schedule.seconds}`;
}

/** Of each instance the least gap of several contestants. Their time is added up. */
export function bestOf(name: string, gaps: readonly Gaps[]): Gaps {
  return {
    name,
    gap: gaps[0]!.gap.map((_, i) => Math.min(...gaps.map(({ gap }) => gap[i]!))),
    milliseconds: gaps.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  };
}

/** Mean gap in percent of the instances of one group, or of all. */
export function meanGap({ gap }: Gaps, known: readonly KnownInstance[], group?: string): number {
  const values = gap.filter((_, i) => group === undefined || known[i]!.group === group);
  return (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
}

/** How many of the instances are solved to the optimum. */
function optimalCount({ gap }: Gaps): number {
  return gap.filter((value) => value < 1e-9).length;
}

/** Contestants in rows; mean gap per group, over all, the worst, share of optima and milliseconds per instance. */
export function gapTable(gaps: readonly Gaps[], known: readonly KnownInstance[]): string {
  const groups = [...new Set(known.map(({ group }) => group))];
  const numbers = (header: string, cell: (row: Gaps) => string): TableColumn => ({
    header,
    align: 'right',
    cells: gaps.map(cell),
  });
  return formatTable([
    { header: 'mean gap to the optimum, %', cells: gaps.map(({ name }) => name) },
    ...groups.map((group) => numbers(group, (row) => meanGap(row, known, group).toFixed(2))),
    numbers('all', (row) => meanGap(row, known).toFixed(2)),
    numbers('worst', ({ gap }) => (100 * Math.max(...gap)).toFixed(1)),
    numbers('optimal', (row) => `${((100 * optimalCount(row)) / known.length).toFixed(0)} %`),
    numbers('ms each', ({ milliseconds }) => (milliseconds / known.length).toFixed(2)),
  ]);
}
