import { formatInteger } from '../base/format.ts';
import { formatPercent } from '../base/units.ts';
import type { ErrorBar } from '../scenarios/results.ts';

/** One of the large figures side by side. */
export interface KeyFigure {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

/** How far a figure may be off: `5.1× to 7.9×`, and what that was learnt from; null where there is nothing to go by. */
export function howSure(
  value: number,
  bar: ErrorBar | null,
  format: (value: number) => string,
  what: string,
): KeyFigure | null {
  if (bar === null) return null;
  const { points, sources, warnings } = bar;
  const beyond = warnings.length === 0 ? '' : '; beyond what was measured, see “How sure”';
  return {
    name: 'How sure',
    value: `${format(value / bar.factor)} to ${format(value * bar.factor)}`,
    detail: `${formatPercent(bar.confidence)} interval of ${what}, learnt from ${formatInteger(points)} measurement${points === 1 ? '' : 's'} of ${formatInteger(sources)} source${sources === 1 ? '' : 's'}${beyond}`,
  };
}

export const NOT_KNOWN: KeyFigure = {
  name: 'How sure',
  value: 'not known',
  detail: 'no published measurement of such a question to go by',
};
