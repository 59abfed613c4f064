import { join } from 'node:path';
import { clientScript } from '../../reports/client-script.ts';
import { placementsCsv } from '../../reports/csv.ts';
import { renderReport } from '../../reports/html.ts';
import { chromeTrace } from '../../reports/trace.ts';
import { isModelFile } from '../../scenarios/model-file.ts';
import { type PlaceQuestion, placeScenario } from '../../scenarios/place-scenario.ts';
import { placementFile } from '../../scenarios/placing.ts';
import type { PlacementExperiment, Results } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { dimensions, inputShapes, refuseOptions } from '../model-options.ts';
import { type ResultsSummary, summaryOf } from '../results-summary.ts';
import { checkFolder } from '../write-files.ts';
import type { FileText } from './file-text.ts';
import { type TaskProgress, withShare } from './progress.ts';

export interface PlaceOptions extends Omit<PlaceQuestion, 'model' | 'dims' | 'shapes'> {
  readonly dim?: readonly string[];
  readonly shape?: readonly string[];
  readonly jobs?: number;
  readonly output?: string;
}

/** The work of `stepcast place`. */
export interface PlaceTask {
  readonly command: 'place';
  readonly model: string;
  readonly options: PlaceOptions;
}

export interface PlaceResult {
  /** Without what only the report shows. */
  readonly experiment: PlacementExperiment;
  /** Wall-clock time of each of its runs. */
  readonly searchSeconds: readonly number[];
  readonly summary: ResultsSummary;
  readonly files: readonly FileText[];
}

/** Places a model by all placers that were asked for; returns what there is to write and to print. */
export async function placeTask(
  { model, options }: PlaceTask,
  onProgress: (progress: TaskProgress) => void,
): Promise<PlaceResult> {
  const { jobs, output, dim, shape, ...question } = options;
  if (isModelFile(model)) {
    const { batch, precision, set } = question;
    refuseOptions(
      { '--batch': batch, '--precision': precision, '--set': set },
      'a file has its own sizes and types; --dim binds symbolic ones',
    );
  } else {
    refuseOptions({ '--dim': dim, '--shape': shape }, 'is for model files');
  }
  const scenario = placeScenario({ ...question, model, dims: dimensions(dim), shapes: inputShapes(shape) });
  const folder = output ?? join('out', 'place');
  const client = clientScript();
  checkFolder(folder, Object.keys(FILES));
  let searchSeconds: readonly number[] = [];
  const names = scenario.experiments.map(({ name }) => name);
  const told = withShare(names, onProgress);
  const results = await runScenario(scenario, {
    seed: scenario.seed,
    placing: {
      ...(jobs !== undefined && { jobs }),
      onSearchSeconds: (seconds) => {
        searchSeconds = seconds;
      },
    },
    onProgress: told,
  });
  const files = Object.entries(FILES).map(([name, write]) => ({
    path: join(folder, name),
    text: write(results, client),
  }));
  const experiment = { ...results.placement[0]!, timeline: null, nodes: [], memoryOverTime: [] };
  return { experiment, searchSeconds, summary: summaryOf(results, files), files };
}

const FILES: { readonly [name: string]: (results: Results, client: string) => string } = {
  'report.html': renderReport,
  'results.json': (results) => `${JSON.stringify(results)}\n`,
  'trace.json': (results) => chromeTrace(results),
  'placements.csv': placementsCsv,
  'placement.json': ({ placement }) => placementFile(placement[0]!),
};
