import { UserError } from '../../base/errors.ts';
import { sentence } from '../fields.ts';
import { override, parseOverride } from '../override.ts';
import type { LiveQuestion, PlacementRun, Results, TrainingRun } from '../results.ts';
import { type ProgressEvent, runScenario } from '../run.ts';
import { scenarioSchema } from '../schema.ts';

/** The scenario with the changes made, as `stepcast run` takes it: of its experiments only the one that is asked about. */
export function changedScenario({ written, experiment, set, placement, seed }: LiveQuestion): unknown {
  const { experiments, ...rest } = (written ?? {}) as { experiments?: readonly { name: string }[] };
  if (!Array.isArray(experiments))
    throw new UserError('these results do not hold the scenario as it was written');
  const asked = { ...rest, seed, experiments: experiments.filter((one) => one?.name === experiment) };
  const changed = set.reduce<unknown>((before, text) => override(before, parseOverride(text)).value, asked);
  if (placement === null) return changed;
  const placers = parseOverride(`experiments.${experiment}.placers=[]`);
  return override(changed, { ...placers, value: [{ kind: 'given', nodes: placement }] }).value;
}

/**
 * What `stepcast run` would say of the changed scenario: the same code on the same input, what only the report shows left out.
 * @throws UserError where the changes make no scenario.
 */
export async function ask(
  question: LiveQuestion,
  onProgress: (event: ProgressEvent) => void,
): Promise<Results> {
  const written = changedScenario(question);
  const result = scenarioSchema.safeParse(written, { error: sentence });
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new UserError(problems.join('\n'));
  }
  const run = (brief: boolean): Promise<Results> =>
    runScenario(result.data, { seed: question.seed, onProgress, brief, placing: { jobs: 1 } });
  // What they say of failures, and of what would fit, takes what a brief run leaves out.
  const brief = result.data.failures === undefined ? await run(true) : undefined;
  return { ...(brief === undefined || lacksMemory(brief) ? await run(false) : brief), written };
}

function lacksMemory({ training, placement }: Results): boolean {
  return [...training, ...placement].some(({ runs }) =>
    (runs as readonly (TrainingRun | PlacementRun)[]).some(({ outOfMemory }) => outOfMemory !== null),
  );
}
