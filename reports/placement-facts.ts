import { formatFactor } from '../base/format.ts';
import { capital } from '../base/text.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import type { PlacementExperiment } from '../scenarios/results.ts';
import { howSure, type KeyFigure, NOT_KNOWN } from './key-figures.ts';
import { lowerBound, objectiveInWords } from './sections/placement-objective.ts';
import {
  aboveBound,
  type BestFound,
  bestFound,
  bestFoundName,
  singleDeviceInWords,
} from './sections/placement-runs.ts';
import { limitOf } from './training-facts.ts';

/** What one remembers of a placement experiment: the choice, its gain, how sure that is, what limits it. */
export function placementFacts(experiment: PlacementExperiment): KeyFigure[] {
  const found = bestFound(experiment);
  if (found === undefined) return [];
  const { name, format } = objectiveInWords(experiment);
  const ofSteps = name === 'Step time';
  const seconds = formatSeconds(found.stepSeconds);
  return [
    {
      name: found.fits ? 'Choice' : 'Choice, if it fitted into memory',
      value: capital(bestFoundName(found)),
      detail:
        ofSteps || !found.fits
          ? `${seconds} a step`
          : `${name.toLowerCase()}: ${format(found.score)}; ${seconds} a step`,
    },
    gainOf(experiment, found),
    howSure(found.stepSeconds, found.run.errorBar, formatSeconds, 'the time of a step') ?? NOT_KNOWN,
    limitOf(experiment.explanation, undefined),
  ];
}

/** Over the best single device, by what placements are compared by; beside the bound, where that is of steps. */
function gainOf(experiment: PlacementExperiment, found: BestFound): KeyFigure {
  const { runs, objective } = experiment;
  const name = objectiveInWords(experiment).name.toLowerCase();
  const single = singleDeviceInWords(runs);
  if (objective !== 'step-time') {
    const alone = runs.find(({ placer, outOfMemory }) => placer === 'single-device' && outOfMemory === null);
    if (alone === undefined || !found.fits)
      return { name: 'Gain', value: 'not known', detail: 'no single device has enough memory' };
    return {
      name: 'Gain',
      value: formatFactor(alone.score / found.score),
      detail: `${name} of the best single device over this one's`,
    };
  }
  const bound = lowerBound(experiment);
  const room = `${aboveBound(found.stepSeconds, bound)} above ${formatSeconds(bound)}, which no placement can beat`;
  if (found.run.placer === 'single-device')
    return { name: 'Gain', value: 'None', detail: `no placement on several devices is faster; ${room}` };
  return { name: 'Gain', value: formatFactor(found.speedUp), detail: `as fast as ${single}; ${room}` };
}

/** Further figures, where the experiment has them. */
export function furtherPlacementFacts(experiment: PlacementExperiment): KeyFigure[] {
  const found = bestFound(experiment);
  const robustness = found?.run.robustness ?? null;
  if (found === undefined || robustness === null || !found.fits) return [];
  return [
    {
      name: 'Still the fastest',
      value: formatPercent(robustness.firstShare),
      detail: `of draws in which each operation takes 1 ± 20 % as long${found.beatsMedian ? "; of its placer's draw in the middle" : ''}`,
    },
  ];
}
