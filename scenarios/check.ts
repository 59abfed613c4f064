import { UserError } from '../base/errors.ts';
import { experimentCluster } from './experiment-cluster.ts';
import { resolved } from './load.ts';
import { placementSetting } from './placement-question.ts';
import { placerOf } from './placer-schema.ts';
import { questionOf } from './placing.ts';
import { readPolicy } from './policy-file.ts';
import type { Experiment, Scenario } from './schema.ts';
import { servedModel } from './served-model.ts';
import { settingsFor } from './settings.ts';
import { trainingActivities } from './size.ts';
import { ScenarioSource } from './source.ts';
import { planOf, sweepName } from './sweep/load-sweep.ts';
import { mostTrials } from './trials.ts';

/** What can be said of a scenario file without simulating. */
export interface CheckedFile {
  /** What messages call it. */
  readonly file: string;
  /** A line each, with its place; none: the file is good. */
  readonly problems: readonly string[];
  /** Experiments of the scenario, or of the first point of a sweep; 0 where there is none. */
  readonly experiments: number;
  /** Runs of these experiments: settings of training times trials, placers times draws, servers times batches. */
  readonly runs: number;
  /** About how many ops and messages their training simulates. */
  readonly activities: number;
  /** Of a sweep; null of a scenario. */
  readonly sweep: CheckedSweep | null;
}

export interface CheckedSweep {
  readonly parameters: readonly string[];
  readonly count: number;
  /** Of `count`, spread evenly. */
  readonly checked: number;
}

export interface CheckOptions {
  readonly set?: readonly string[];
  /** Told of each point of a sweep. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Points of a sweep that are checked: each takes about as long as a small run takes to begin. */
const MOST_POINTS = 1000;
/** Points with problems that are told of; others are likely to have the same. */
const MOST_WRONG_POINTS = 5;

/** Checks a scenario file, or standard input for `-`: with all that it names, and all points of a sweep up to a limit. */
export function checkFile(path: string, { set = [], onProgress }: CheckOptions = {}): CheckedFile {
  const found = {
    file: path === '-' ? 'standard input' : path,
    experiments: 0,
    runs: 0,
    activities: 0,
    sweep: null,
  };
  const problems: string[] = [];
  const attempt = <T>(body: () => T): T | undefined => {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.message.split('\n'));
      return undefined;
    }
  };
  const source = attempt(() => ScenarioSource.read(path));
  if (source === undefined) return { ...found, problems };
  if (source.at(['sweep']) === undefined) {
    const scenario = attempt(() => resolved(source, { set }).scenario);
    if (scenario === undefined) return { ...found, problems };
    problems.push(...problemsOfFiles(scenario, source));
    return { ...found, ...sizeOf(scenario), problems };
  }
  const plan = attempt(() => planOf(source, sweepName(path), { set }));
  if (plan === undefined) return { ...found, problems };
  const checked = Math.min(plan.count, MOST_POINTS);
  let first: Scenario | undefined;
  let wrong = 0;
  for (let i = 0; i < checked && wrong < MOST_WRONG_POINTS; i++) {
    const index = checked === 1 ? 0 : Math.round((i * (plan.count - 1)) / (checked - 1));
    const point = attempt(() => plan.point(index));
    if (point === undefined) wrong++;
    else first ??= point.scenario;
    onProgress?.(i + 1, checked);
  }
  if (first !== undefined) problems.push(...problemsOfFiles(first, source));
  const sweep = { parameters: plan.parameters, count: plan.count, checked };
  return { ...found, ...(first !== undefined && sizeOf(first)), sweep, problems };
}

function sizeOf(scenario: Scenario): Pick<CheckedFile, 'experiments' | 'runs' | 'activities'> {
  const { experiments } = scenario;
  const runs = experiments.reduce((sum, experiment) => sum + runsOf(scenario, experiment), 0);
  const activities = experiments.reduce(
    (sum, experiment) =>
      experiment.kind === 'training'
        ? sum + mostTrials(scenario.trials) * trainingActivities(scenario, experiment)
        : sum,
    0,
  );
  return { experiments: experiments.length, runs, activities };
}

function runsOf(scenario: Scenario, experiment: Experiment): number {
  switch (experiment.kind) {
    case 'training':
      return experiment.strategies.reduce(
        (sum, choice) =>
          sum + mostTrials(scenario.trials) * settingsFor(scenario, experiment, choice).possible.length,
        0,
      );
    case 'inference':
      return experiment.servers.reduce((sum, { batches = experiment.batches }) => sum + batches.length, 0);
    case 'placement':
      return experiment.placers.reduce((sum, choice) => {
        const { searches, random } = placerOf(choice);
        return sum + (searches === true || random === true ? experiment.seeds : 1);
      }, 0);
  }
}

/** What is wrong in the files that a scenario names, which a run would find out. */
function problemsOfFiles(scenario: Scenario, source: ScenarioSource): string[] {
  const problems: string[] = [];
  const attempt = (path: (string | number)[], body: () => void): void => {
    try {
      body();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(`${source.place(path).text}: ${path.join('.')}: ${error.message}`);
    }
  };
  if (scenario.cluster.workers.profile !== undefined)
    attempt(['cluster', 'workers', 'profile'], () => experimentCluster(scenario.cluster, 1, 0));
  for (const [i, experiment] of scenario.experiments.entries()) {
    const { kind, model } = experiment;
    if (kind === 'inference' && 'file' in model)
      attempt(['experiments', i, 'model'], () => servedModel(model, experiment.batches, experiment.servers));
    if (kind !== 'placement') continue;
    for (const [j, { policy }] of experiment.placers.entries())
      if (policy !== undefined) attempt(['experiments', i, 'placers', j], () => readPolicy(policy));
    const found = experiment.placers.flatMap((choice, j) =>
      (choice.kind === 'file' && choice.path !== '-') || choice.kind === 'given' ? [{ choice, j }] : [],
    );
    if (found.length === 0 && !('file' in model)) continue;
    attempt(['experiments', i, 'model'], () => {
      const { problem } = placementSetting(questionOf(scenario, experiment));
      for (const { choice, j } of found) {
        // These ask nothing of their context.
        attempt(['experiments', i, 'placers', j], () => placerOf(choice).place(problem, undefined as never));
      }
    });
  }
  return problems;
}
