import { formatTable } from '../../cli/table.ts';
import type { CaseFigures, Figures, GoalFigure, PeerFigures } from './figures.ts';

/* What was measured, as people read it. */

/** To 3 significant digits, without an exponent. */
export const digits = (value: number): string => {
  const rounded = Number(value.toPrecision(3));
  const decimals = rounded === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toFixed(decimals);
};

const left = <T>(header: string, rows: readonly T[], cell: (row: T) => string) => ({
  header,
  cells: rows.map(cell),
});
const right = <T>(header: string, rows: readonly T[], cell: (row: T) => string) => ({
  ...left(header, rows, cell),
  align: 'right' as const,
});

export function queueTable({ queues }: Figures): string {
  const pendings = [...new Set(queues.map(({ pending }) => pending))];
  const names = [...new Set(queues.map(({ queue }) => queue))];
  const of = (name: string, pending: number) =>
    queues.find((rate) => rate.queue === name && rate.pending === pending)!;
  return formatTable([
    left('queue', names, (name) => name),
    ...pendings.map((pending) =>
      right(`${pending} pending`, names, (name) => digits(of(name, pending).eventsPerSecond / 1e6)),
    ),
    left('first in, first out on ties', names, (name) => of(name, pendings[0]!).tiesInOrder),
  ]);
}

export function caseTable({ cases }: Figures): string {
  const smaller = (row: CaseFigures) =>
    cases.find((c) => c.dag === row.dag && c.network === row.network && c.count === row.count / 10);
  return formatTable([
    left('network', cases, ({ network }) => network),
    left('DAG', cases, ({ dag }) => dag),
    right('activities', cases, ({ activities }) => String(activities)),
    right('build', cases, ({ build }) => digits(build)),
    right('cold', cases, ({ cold }) => digits(cold)),
    right('warm', cases, ({ warm }) => digits(warm)),
    right('least', cases, ({ warmLeast }) => digits(warmLeast)),
    right('runs', cases, ({ warmRuns }) => String(warmRuns)),
    right('million/s', cases, ({ warm }) => digits(1 / warm)),
    right('growth', cases, (row) => {
      const before = smaller(row);
      return before === undefined ? '' : `${digits(row.warm / before.warm)}×`;
    }),
  ]);
}

export function memoryTable({ memory }: Figures): string {
  return formatTable([
    left('network', memory, ({ network }) => network),
    left('DAG', memory, ({ dag }) => dag),
    right('activities', memory, ({ activities }) => String(activities)),
    right('DAG made', memory, ({ build }) => digits(build)),
    right('simulated', memory, ({ simulate }) => digits(simulate)),
  ]);
}

export function peerTable({ peers }: Figures): string {
  return formatTable([
    left('peer', peers, ({ peer }) => peer),
    left('network', peers, ({ network }) => network),
    left('DAG', peers, ({ dag }) => dag),
    right('activities', peers, ({ activities }) => String(activities)),
    right('peer', peers, ({ peerMicroseconds }) => digits(peerMicroseconds)),
    right('peer / stepcast', peers, ({ ratio }) => `${digits(ratio)}×`),
    right('cold', peers, ({ ratioCold }) => `${digits(ratioCold)}×`),
    right('makespan (s)', peers, ({ makespan }) => makespan.toPrecision(9)),
    left('makespans', peers, agreement),
  ]);
}

export function relativeDifference({ makespan, peerMakespan }: PeerFigures): number {
  return Math.abs(makespan - peerMakespan) / peerMakespan;
}

function agreement(row: PeerFigures): string {
  if (row.makespan === row.peerMakespan) return 'equal to the bit';
  const difference = relativeDifference(row);
  const differ = `differ by ${difference.toExponential(1)}`;
  if (row.tolerance === undefined) return `${differ} (chaotic: see bench/README.md)`;
  return difference <= row.tolerance ? `agree: ${differ}` : `DISAGREE: ${differ}, expected ${row.tolerance}`;
}

export function ringTable({ rings }: Figures): string {
  return formatTable([
    right('devices', rings, ({ ranks }) => String(ranks)),
    left('simulated', rings, ({ how }) => how),
    right('transfers', rings, ({ transfers }) => String(transfers)),
    right('CPU seconds', rings, ({ seconds }) => digits(seconds)),
    right('makespan (s)', rings, ({ makespan }) => makespan.toPrecision(9)),
  ]);
}

export function goalTable(goals: readonly GoalFigure[]): string {
  return formatTable([
    left('goal', goals, ({ goal }) => goal),
    right('wanted', goals, ({ limit, atLeast }) => `${atLeast ? '≥' : '≤'} ${limit}`),
    right('measured', goals, ({ figure }) => (figure === undefined ? '–' : digits(figure))),
    left('unit', goals, ({ unit }) => unit),
    left('', goals, ({ figure, met }) => (figure === undefined ? 'not measured' : met ? 'met' : 'MISSED')),
  ]);
}
