import { formatInteger } from '../../base/format.ts';
import type { Control, ControlStop, Controls, PlacementRun } from '../results.ts';
import type { PlacementScenario, Scenario } from '../schema.ts';
import { deviceControl, networkControl } from './cluster-controls.ts';
import { sliderControl, steps } from './stops.ts';

/** Placements that may be kept. */
const MOST_KEPT = 12;

/** Places anew within milliseconds, and well. */
const QUICK = 'heft';

/** Whose placement, and the machines under it: beginning at the best placement that fits. */
export function placementControls(
  scenario: Scenario,
  experiment: PlacementScenario,
  runs: readonly PlacementRun[],
): Controls | null {
  if (runs.length === 0) return null;
  const at = `experiments.${experiment.name}`;
  const { batch } = experiment.model;
  const kept = runs
    .slice(0, MOST_KEPT)
    .map(({ label }, run): ControlStop => ({ text: `${label}: as it is`, set: [], placementOf: run }));
  const anew: ControlStop = {
    text: `placed anew by ${QUICK}`,
    set: [`${at}.placers=[${QUICK}]`],
    placementOf: null,
  };
  const best = runs.reduce((least, run, i) => (i < MOST_KEPT && better(run, runs[least]!) ? i : least), 0);
  const placement: Control = {
    id: 'placement',
    name: 'Placement',
    kind: 'list',
    stops: [...kept, anew],
    start: best,
    onlyWith: null,
  };
  const multiples = [...steps(1, Math.min(65_536, 8 * batch)), batch].filter((value) => 16 * value >= batch);
  const controls = [
    placement,
    deviceControl(scenario),
    scenario.cluster.workers.count > 1 ? networkControl(scenario) : undefined,
    sliderControl(
      'batch',
      'Samples per step',
      multiples.map((value) => ({
        value,
        text: formatInteger(value),
        set: value === batch ? [] : [`${at}.model.batch=${value}`],
      })),
      batch,
    ),
  ].filter((control) => control !== undefined);
  return { run: best, always: [`${at}.seeds=1`], controls };
}

function better(a: PlacementRun, b: PlacementRun): boolean {
  const fits = (run: PlacementRun): boolean => run.outOfMemory === null;
  return fits(a) === fits(b) ? a.score < b.score : fits(a);
}
