import { chosenOptions } from '../sim/strategies/input.ts';
import type { Chosen } from '../sim/strategies/options.ts';
import type { Strategy, StrategySetting } from '../sim/strategies/strategy.ts';
import { STRATEGIES } from './catalog.ts';
import { chosenModel } from './chosen-model.ts';
import { disturbanceSettings, isRandom, isUndisturbed } from './disturbances.ts';
import { hostsOf, serversOf } from './experiment-cluster.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import type { StrategyChoice } from './strategy-schema.ts';

const byKind: { readonly [kind: string]: Strategy } = STRATEGIES;

/** One run of a training experiment: a strategy with so many workers and parameter servers. */
export interface Setting {
  readonly strategy: Strategy;
  readonly options: Chosen;
  readonly workers: number;
  /** 0 where the strategy uses none. */
  readonly parameterServers: number;
  /** Worker hosts and parameter servers of its cluster: as many as it uses, or more. */
  readonly hosts: number;
  readonly servers: number;
  /** Replicas of the model, and how many of their gradients one update takes. */
  readonly replicas: number;
  readonly gradientsPerUpdate: number;
  /** Updates in which each replica makes about one step. */
  readonly round: number;
  readonly updates: number;
  /** Updates whose numbers are computed; the rest is only timed. */
  readonly computedUpdates: number;
}

/** Whether nothing but their place tells the workers of an experiment apart. */
export function areAlike(scenario: Scenario, { numbers }: TrainingScenario): boolean {
  return numbers === undefined && isUndisturbed(disturbanceSettings(scenario));
}

export interface Refusal {
  readonly workers: number;
  readonly reason: string;
}

/** The runs of a strategy in an experiment, by numbers of servers, then of workers; and those that cannot be made. */
export function settingsFor(
  scenario: Scenario,
  experiment: TrainingScenario,
  choice: StrategyChoice,
): { possible: Setting[]; refusals: Refusal[] } {
  const strategy: Strategy = byKind[choice.kind]!;
  const { kind: _, ...given } = choice;
  const options = chosenOptions(strategy, given);
  const servers = serversOf(scenario.cluster, experiment);
  // That there are none is complained about elsewhere.
  const present = servers.length > 0 ? servers : [1];
  const possible: Setting[] = [];
  const refusals: Refusal[] = [];
  for (const parameterServers of strategy.usesServers ? present : [0]) {
    for (const count of experiment.workers) {
      const workers = count + extraWorkersOf(choice);
      const asked = askedOf(experiment, options, workers, parameterServers);
      const reason = strategy.refuses(asked);
      if (reason === undefined) possible.push(settingOf(scenario, experiment, strategy, asked));
      else refusals.push({ workers, reason });
    }
  }
  return { possible, refusals };
}

/** Workers of a strategy's runs on top of those that its experiment lists. */
export function extraWorkersOf({ kind, ...given }: StrategyChoice): number {
  const strategy: Strategy = byKind[kind]!;
  return strategy.extraWorkers?.(chosenOptions(strategy, given)) ?? 0;
}

function askedOf(
  { model }: TrainingScenario,
  options: Chosen,
  workers: number,
  parameterServers: number,
): StrategySetting {
  return { workers, parameterServers, batch: model.batch, model: chosenModel(model), options };
}

/**
 * Where there is luck, every run is timed over as many replica steps, so that all are equally exact. The first round is not
 * timed, and a second and third are the least that a mean needs.
 */
function settingOf(
  scenario: Scenario,
  experiment: TrainingScenario,
  strategy: Strategy,
  asked: StrategySetting,
): Setting {
  const { steps, numbers } = experiment;
  const { workers, options, parameterServers } = asked;
  const replicas = strategy.replicas(asked);
  const gradientsPerUpdate = strategy.gradientsPerUpdate(asked);
  const round = Math.max(1, Math.round(replicas / gradientsPerUpdate));
  const timedReplicas = isRandom(disturbanceSettings(scenario))
    ? Math.max(...experiment.workers) * (replicas / workers)
    : replicas;
  const updates = Math.max(3 * round, Math.round((steps * timedReplicas) / gradientsPerUpdate));
  const computed = Math.round(((numbers?.steps ?? steps) * replicas) / gradientsPerUpdate);
  return {
    strategy,
    options,
    workers,
    parameterServers,
    hosts: hostsOf(scenario.cluster, workers),
    servers: parameterServers || (scenario.cluster.parameter_servers?.count ?? 0),
    replicas,
    gradientsPerUpdate,
    round,
    updates,
    computedUpdates: numbers === undefined ? 0 : Math.min(updates, computed),
  };
}

/**
 * What speed-ups are against: one worker, by parameter servers where all strategies of the experiment use them. Its cluster is
 * the smallest that was asked for, since the topology may have no place for fewer hosts.
 */
export function baselineSetting(scenario: Scenario, experiment: TrainingScenario): Setting {
  const byServers = experiment.strategies.every(({ kind }) => STRATEGIES[kind].usesServers);
  const strategy: Strategy = byServers ? STRATEGIES.sync : byKind['all-reduce']!;
  const servers = byServers ? Math.max(...serversOf(scenario.cluster, experiment)) : 0;
  const asked = askedOf(experiment, chosenOptions(strategy, {}), 1, servers);
  return {
    ...settingOf(scenario, experiment, strategy, asked),
    hosts: hostsOf(scenario.cluster, Math.min(...experiment.workers)),
    computedUpdates: 0,
  };
}
