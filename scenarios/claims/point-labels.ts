import { getOrMake } from '../../base/get-or-make.ts';
import type { LedgerPoint } from './ledger-point.ts';

/**
 * What tells each point from the others of its claim: the fields in which these differ, `model resnet50, batch 64`, with the
 * hardware where that differs; for a claim of one point, nothing.
 */
export function pointLabels(points: readonly LedgerPoint[]): string[] {
  const claims = new Map<string, LedgerPoint[]>();
  for (const point of points) getOrMake(claims, claimOf(point), () => []).push(point);
  const differing = new Map(
    [...claims].map(([claim, group]) => {
      const keys = new Set(group.flatMap(({ fields }) => Object.keys(fields)));
      return [claim, [...keys].filter((key) => differs(group.map(({ fields }) => fields[key])))];
    }),
  );
  return points.map((point) => {
    const told = differing.get(claimOf(point))!.map((key) => inWords(key, point.fields[key]));
    const hardware = differs(claims.get(claimOf(point))!.map((other) => other.hardware));
    return [...told, ...(hardware ? [point.hardware ?? ''] : [])].filter((word) => word !== '').join(', ');
  });
}

const claimOf = ({ source, claim }: LedgerPoint): string => `${source}/${claim}`;

const differs = (values: readonly unknown[]): boolean =>
  new Set(values.map((v) => JSON.stringify(v))).size > 1;

function inWords(key: string, value: unknown): string {
  const name = key.replaceAll('_', ' ');
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? name : `no ${name}`;
  return `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`;
}
