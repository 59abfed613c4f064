import { formatInteger } from '../base/format.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import type { ErrorBar } from './results.ts';
import { counted } from './run-words.ts';

/** How far off a step time may be, by measurements, and what of the question is beyond them; '' where nothing is known. */
export function errorBarAnswer(seconds: number, bar: ErrorBar | null): string {
  if (bar === null) return '';
  const { factor, confidence, points, sources, warnings } = bar;
  const range = `${formatSeconds(seconds / factor)} to ${formatSeconds(seconds * factor)}`;
  const from = `${formatInteger(points)} measurement${points === 1 ? '' : 's'} of ${counted(sources, 'source')}`;
  const beyond = warnings.length === 0 ? '' : `; beware: ${warnings.join('; ')}`;
  return `The ${formatPercent(confidence)} interval of this time is ${range}, by how far predictions were off ${from}${beyond}.`;
}
