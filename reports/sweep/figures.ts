import type { SweepOverview } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { effectFigures } from './effects.ts';

/** Charts of a sweep, in the order of the page: the script in it asks for all of them. */
export function sweepFigures({ experiments, parameters }: SweepOverview): Figure[] {
  return experiments.flatMap((experiment, i) => effectFigures(experiment, parameters, sweptId(i)));
}

export const sweptId = (index: number): string => `swept-${index + 1}`;
