import type { Control, ControlStop, Controls, PlacementRun } from '../results.ts';
import type { PlacementScenario, Scenario } from '../schema.ts';
import { deviceControl, networkControl } from './cluster-controls.ts';
import { batchControl } from './stops.ts';

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
  // A page cannot read files.
  if (runs.length === 0 || 'file' in experiment.model) return null;
  const at = `experiments.${experiment.name}`;
  // A model of a file has its own.
  const { batch, precision } =
    'batch' in experiment.model ? experiment.model : { batch: undefined, precision: 'float32' as const };
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
  const controls = [
    placement,
    deviceControl(scenario, precision),
    scenario.cluster.workers.count > 1 ? networkControl(scenario) : undefined,
    batch === undefined ? undefined : batchControl(at, 'Samples per step', batch),
  ].filter((control) => control !== undefined);
  return { run: best, always: [`${at}.seeds=1`], controls };
}

function better(a: PlacementRun, b: PlacementRun): boolean {
  const fits = (run: PlacementRun): boolean => run.outOfMemory === null;
  return fits(a) === fits(b) ? a.score < b.score : fits(a);
}
