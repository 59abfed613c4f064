import { formatInteger } from '../../base/format.ts';
import { chosenOptions } from '../../sim/strategies/input.ts';
import type { Strategy } from '../../sim/strategies/strategy.ts';
import { STRATEGIES } from '../catalog.ts';
import { disturbanceSettings, isRandom } from '../disturbances.ts';
import { serversOf } from '../experiment-cluster.ts';
import { fastestRun } from '../fastest-run.ts';
import type { Control, Controls, TrainingExperiment, TrainingRun } from '../results.ts';
import type { Scenario, TrainingScenario } from '../schema.ts';
import type { StrategyChoice } from '../strategy-schema.ts';
import { deviceControl, networkControl, stragglerControl } from './cluster-controls.ts';
import { batchControl, flow, sliderControl, steps } from './stops.ts';

const MOST_BACKUPS = 8;
const MOST_SERVERS = 1000;

/** Beyond so many workers a run takes long. */
const MOST_WORKERS = 4096;

/** Strategy, workers, servers, batch, and the machines: beginning at the best run. */
export function trainingControls(
  scenario: Scenario,
  experiment: TrainingScenario,
  { runs, trials }: Pick<TrainingExperiment, 'runs' | 'trials'>,
): Controls | null {
  const best = fastestRun(runs);
  if (best === undefined) return null;
  const at = `experiments.${experiment.name}`;
  const first = strategyControls(experiment.strategies, best);
  const controls = [
    ...first,
    workersControl(at, scenario, experiment, best),
    serversControl(at, scenario, experiment, best),
    deviceControl(scenario, experiment.model.precision),
    networkControl(scenario),
    stragglerControl(scenario),
    batchControl(at, 'Samples per worker and step', experiment.model.batch),
  ].filter((control) => control !== undefined);
  return {
    run: runs.indexOf(best),
    always: [
      ...(experiment.numbers === undefined ? [] : [`${at}.numbers=`]),
      // As often as it was repeated to reach the error that was asked for.
      ...(typeof scenario.trials === 'number' ? [] : [`trials=${trials}`]),
    ],
    controls,
  };
}

const byKind: { readonly [kind: string]: Strategy } = STRATEGIES;

const SYNCHRONOUS: readonly string[] = ['sync', 'backup'];

/** The strategies of the experiment, synchronous training with any number of backups being one of them. */
function strategyControls(strategies: readonly StrategyChoice[], best: TrainingRun): Control[] {
  const labelOf = ({ kind, ...given }: StrategyChoice): string => {
    const strategy: Strategy = byKind[kind]!;
    return strategy.label(chosenOptions(strategy, given));
  };
  const isSync = ({ kind }: StrategyChoice): boolean => SYNCHRONOUS.includes(kind);
  const backup = strategies.find(({ kind }) => kind === 'backup');
  const others = strategies.filter((choice) => !isSync(choice));
  const sync = strategies.find(({ kind }) => kind === 'sync') ?? (backup && { kind: 'sync' as const });
  const choices = [...(sync === undefined ? [] : [sync as StrategyChoice]), ...others];
  const stops = choices.map((choice) => ({
    value: isSync(choice) ? 'synchronous' : labelOf(choice),
    text: isSync(choice) ? 'synchronous' : labelOf(choice),
    set: [`strategy=${flow(choice)}`],
  }));
  const start = SYNCHRONOUS.includes(best.strategy) ? 'synchronous' : best.label;
  const list: Control = {
    id: 'strategy',
    name: 'Strategy',
    kind: 'list',
    stops: stops.map(({ text, set }) => ({ text, set, placementOf: null })),
    start: Math.max(
      0,
      stops.findIndex(({ value }) => value === start),
    ),
    onlyWith: null,
  };
  if (sync === undefined) return [list];
  const { backups: _, ...options } = (backup ?? {}) as { backups?: number };
  const backups = Number(best.strategy === 'backup' ? best.options.backups : 0);
  const numbers = [...Array(MOST_BACKUPS + 1).keys(), backups];
  const slider = sliderControl(
    'backups',
    'Backup workers',
    numbers.map((value) => ({
      value,
      text: value === 0 ? 'none' : formatInteger(value),
      set: value === 0 ? [] : [`strategy=${flow({ ...options, kind: 'backup', backups: value })}`],
    })),
    backups,
  )!;
  return [list, { ...slider, onlyWith: { control: 'strategy', stops: [0] } }];
}

function workersControl(
  at: string,
  scenario: Scenario,
  { workers, strategies, steps: timed }: TrainingScenario,
  best: TrainingRun,
): Control | undefined {
  const largest = Math.max(...workers);
  const most = Math.min(MOST_WORKERS, Math.max(16, 4 * largest));
  // The scenario lists workers without those that a strategy adds.
  const extra = strategies.some((choice) => choice.kind === 'backup' && choice.extra === true);
  const begin = best.workers - (extra && best.options.extra === true ? Number(best.options.backups) : 0);
  // Steps are those of the largest number of workers, where luck makes it matter how many are timed.
  const stepsFor = (value: number): string[] => {
    const asMany = Math.round((timed * largest) / value);
    return value === largest || !isRandom(disturbanceSettings(scenario)) ? [] : [`${at}.steps=${asMany}`];
  };
  // What speed-ups are against is on the smallest cluster of the list.
  const least = Math.min(...workers);
  const beside = (value: number): string => (least < value ? `${least},${value}` : String(value));
  const few = largest <= 16 ? [3, 5, 6, 7, 10, 12, 14, 20, 24] : [];
  const values = [...steps(1, most), ...few.filter((value) => value <= most), ...workers, begin];
  return sliderControl(
    'workers',
    'Workers',
    values.map((value) => ({
      value,
      text: formatInteger(value),
      set: [`${at}.workers=[${beside(value)}]`, ...stepsFor(value)],
    })),
    begin,
  );
}

function serversControl(
  at: string,
  { cluster }: Scenario,
  experiment: TrainingScenario,
  best: TrainingRun,
): Control | undefined {
  if (serversOf(cluster, experiment).length === 0) return undefined;
  const begin = best.parameterServers || Math.max(...serversOf(cluster, experiment));
  const most = Math.min(MOST_SERVERS, Math.max(16, 4 * begin));
  return sliderControl(
    'servers',
    'Parameter servers',
    [...steps(1, most), begin].map((value) => ({
      value,
      text: formatInteger(value),
      set: [`${at}.parameter_servers=[${value}]`],
    })),
    begin,
  );
}
