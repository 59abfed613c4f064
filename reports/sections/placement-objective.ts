import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import type { Axis } from '../figure.ts';
import { timeUnit } from '../time-unit.ts';

/** What placements of an experiment are compared by, for people. */
export interface ObjectiveInWords {
  /** Of figures: `Step time`. */
  readonly name: string;
  /** `shorter` or `less`: in what the best is best. */
  readonly better: string;
  /** In the unit of scores; null where nothing is known of a placement that does not fit. */
  readonly measureOf: (run: PlacementRun) => number | null;
  readonly format: (value: number) => string;
  /** The axis over values up to `most`, and what makes numbers on it of values. */
  readonly axis: (most: number) => Pick<Axis, 'label' | 'format'> & { readonly perValue: number };
  /** Below which no placement can be; null where nothing bounds this objective. */
  readonly bound: number | null;
}

/** Seconds below which no step can be. */
export function lowerBound({ bounds }: Pick<PlacementExperiment, 'bounds'>): number {
  return Math.max(...Object.values(bounds));
}

/** US dollars of so many steps as a price that one can imagine. */
const MANY = 1e6;

export function objectiveInWords({ objective, bounds }: PlacementExperiment): ObjectiveInWords {
  switch (objective) {
    case 'throughput':
      return {
        ...seconds('Time between pipelined steps'),
        measureOf: (run) => run.bottleneckSeconds,
        // The busiest device has its share of the work, or the longest group; chains may span several steps.
        bound: Math.max(bounds.areaSeconds, bounds.groupSeconds),
      };
    case 'peak-memory':
      return {
        name: 'Memory of the fullest device',
        better: 'less',
        measureOf: (run) => run.score,
        format: formatPercent,
        axis: () => ({ label: 'Share of its memory (%)', format: formatCount, perValue: 100 }),
        bound: null,
      };
    case 'cost':
      return {
        name: 'Cost of a million steps',
        better: 'less',
        // The score of one that does not fit is no price.
        measureOf: (run) => (run.outOfMemory === null ? run.score : null),
        format: (dollars) => `${(MANY * dollars).toFixed(2)} $`,
        axis: () => ({ label: 'Cost of a million steps ($)', format: formatCount, perValue: MANY }),
        bound: null,
      };
    default:
      return { ...seconds('Step time'), measureOf: (run) => run.stepSeconds, bound: lowerBound({ bounds }) };
  }
}

function seconds(name: string): Pick<ObjectiveInWords, 'name' | 'better' | 'format' | 'axis'> {
  return {
    name,
    better: 'shorter',
    format: formatSeconds,
    axis: (most) => {
      const unit = timeUnit(most);
      return { label: `${name} (${unit.name})`, format: formatCount, perValue: unit.perSecond };
    },
  };
}
