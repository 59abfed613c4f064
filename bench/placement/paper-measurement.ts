import { loadScenario } from '../../scenarios/load.ts';
import { type PlacementSetting, placementSetting } from '../../scenarios/placement-question.ts';
import { performTask } from '../../scenarios/placement-tasks.ts';
import type { PlacerChoice } from '../../scenarios/placer-schema.ts';
import { questionOf } from '../../scenarios/placing.ts';
import type { PlacementScenario, Scenario } from '../../scenarios/schema.ts';
import { LEARNED_PLACERS, type Paper, type PaperRow, type PaperSeconds } from './paper-tables.ts';

export interface PaperMeasurement extends PaperSeconds {
  /** Of the learned placements the best one's placer. */
  readonly by: string;
}

/** The experiment of a paper's scenario file that is about a row, and its setting. */
export function paperSetting(
  { scenario: path }: Paper,
  { experiment: name }: Pick<PaperRow, 'experiment'>,
  set: readonly string[] = [],
): { scenario: Scenario; experiment: PlacementScenario; setting: PlacementSetting } {
  const scenario = loadScenario(path, { set });
  const experiment = scenario.experiments.find((one) => one.name === name) as PlacementScenario;
  const setting = placementSetting(questionOf(scenario, experiment));
  return { scenario, experiment, setting };
}

/** Simulates what a row of a paper is about, with the file's placers; `evaluations` bounds each search's. */
export function measurePaper(
  paper: Paper,
  row: Pick<PaperRow, 'experiment'>,
  {
    evaluations = Number.POSITIVE_INFINITY,
    learned: kinds = LEARNED_PLACERS,
    progress = () => {},
  }: MeasureOptions = {},
): PaperMeasurement {
  const { scenario, experiment, setting } = paperSetting(paper, row);
  const score = (choice: PlacerChoice): number => {
    progress(choice.kind);
    const most =
      choice.evaluations === undefined ? {} : { evaluations: Math.min(choice.evaluations, evaluations) };
    const task = { choice: { ...choice, ...most }, seed: scenario.seed, trial: 0 };
    const { placement } = performTask(setting, task).result;
    const seconds = setting.evaluator.evaluate(placement);
    return seconds < setting.evaluator.failing ? seconds : Number.POSITIVE_INFINITY;
  };
  const on = (device: string): number => score({ kind: 'single-device', device: `/device:${device}:0` });
  const policies = experiment.placers.filter(({ kind }) => kinds.includes(kind));
  const learned = policies.map(score);
  const best = Math.min(...learned);
  return {
    cpu: on('CPU'),
    gpu: on('GPU'),
    minCut: score({ kind: 'min-cut' }),
    expert: score({ kind: 'expert' }),
    learned: best,
    by: policies[learned.indexOf(best)]!.kind,
  };
}

export interface MeasureOptions {
  readonly evaluations?: number;
  /** Only these of the placers that learn; default: all that the file has. */
  readonly learned?: readonly string[];
  readonly progress?: (placer: string) => void;
}
