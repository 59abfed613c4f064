import * as z from 'zod';
import { DATASETS } from './catalog.ts';
import { modelSchema, networkSchema } from './chosen-model.ts';
import { clusterSchema } from './cluster-schema.ts';
import { contradictions, type StrategyPlace } from './contradictions.ts';
import { failuresSchema, noiseSchema } from './disturbances.ts';
import { editorSchema } from './editor-schema.ts';
import { eitherOptions } from './either.ts';
import { count, distinct, kinds, map, name, show, words } from './fields.ts';
import { inferenceFields } from './inference-schema.ts';
import { OBJECTIVES } from './placement-evaluator.ts';
import { type PlacerChoice, placerJsonSchema, placerSchema } from './placer-schema.ts';
import { runtimeSchema } from './runtime.ts';
import { type StrategyChoice, strategyJsonSchema, strategySchema } from './strategy-schema.ts';
import { sweepSchema } from './sweep/schema.ts';
import { topologyMisfits } from './topology-fit.ts';
import { trialsSchema } from './trials.ts';

/*
 * The scenario file, with keys as users write them. The types, the checks, the error messages and the JSON Schema for
 * editors all come from here.
 */

const MAX_WORKERS = 10_000;

const experimentName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, {
    error: (issue) => `expected at most 40 of a–z, 0–9, "-", "_" and ".", got ${show(issue.input)}`,
  })
  .describe('Short and unique: it names the experiment in reports and files.');
const title = words(200).min(1);

const strategyList = () => z.array(strategySchema).min(1).max(50).superRefine(distinct);

const training = map({
  kind: z.literal('training'),
  name: experimentName,
  title: title.optional(),
  model: modelSchema.describe('What each worker trains.'),
  workers: z
    .array(count(1, MAX_WORKERS))
    .min(1)
    .max(50)
    .superRefine(distinct)
    .describe('Numbers of workers to compare, backups included.'),
  steps: count(1, 1_000_000).describe(
    'Synchronous updates that are timed with the largest number of workers; the other runs are timed over as many samples.',
  ),
  learning_rate: z.number().gt(0).max(1000).default(0.1).describe('Of stochastic gradient descent.'),
  learning_rate_scaling: z
    .enum(['linear'])
    .optional()
    .describe(
      'linear: `learning_rate` is for one replica’s batch, and an update that takes the gradients of n replicas uses n times that (Goyal et al. 2017), so that strategies differ in how they combine gradients only. All use `learning_rate` as it is, if absent.',
    ),
  parameter_servers: z
    .array(count(1, 1000))
    .min(1)
    .max(50)
    .superRefine(distinct)
    .optional()
    .describe(
      'Numbers of parameter servers to compare, for strategies that use them. That of the cluster, if absent.',
    ),
  strategies: strategyList()
    .optional()
    .describe(
      'How the workers combine their gradients (`stepcast strategies` lists them). Needed where the scenario has no `compare`.',
    ),
  numbers: map({
    dataset: name('dataset', Object.keys(DATASETS)).describe('Real samples to train on.'),
    steps: count(1, 1_000_000)
      .optional()
      .describe(
        'Synchronous updates whose numbers are computed, from the first; asynchronous workers get as many steps each. `steps`, if absent.',
      ),
    held_out: count(1, 1_000_000).default(1000).describe('Samples kept for evaluation, never trained on.'),
    evaluations: count(2, 10_000).default(12).describe('Points of each learning curve.'),
    target_accuracy: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        'Share of held-out samples classified right, e.g. 0.97: runs are compared by the time to it, and computed until then or until `steps`. A third of the first held-out loss, if absent.',
      ),
  })
    .optional()
    .describe('Compute the real numbers on simulated time. Absent: timing only, which is much quicker.'),
}).describe('How fast do so many workers train by this strategy, and do they still learn?');

const placement = map({
  kind: z.literal('placement'),
  name: experimentName,
  title: title.optional(),
  model: networkSchema.describe('Whose training step is placed, or whose inference.'),
  placers: z
    .array(placerSchema)
    .min(1)
    .max(50)
    .superRefine(distinct)
    .describe(
      'Placers to compare (`stepcast placers` lists them), by name or with options. The best single device is always among them.',
    ),
  accelerators: count(1, 128)
    .optional()
    .describe('Accelerators per host that it may use: the first so many. All of the cluster if absent.'),
  objective: z
    .enum(OBJECTIVES)
    .default('step-time')
    .describe(
      'What is to be least: the time of a step; the time between steps that follow one another as in a pipeline (throughput); the share of its memory that the fullest device needs; dollars per step.',
    ),
  seeds: count(1, 100)
    .default(1)
    .describe('How often placers that draw place, each time with other luck; medians are compared.'),
  soft_placement: z
    .boolean()
    .default(false)
    .describe(
      'Ignore device specifications of the model where no device that they allow has kernels. If not: an error.',
    ),
}).describe('Which op goes on which device of the worker hosts?');

const inference = map({
  ...inferenceFields,
  name: experimentName,
  title: title.optional(),
}).describe('How many inferences per second, within what time, for how many watts?');

/** What a file says before it is resolved, for editors and for those who misspell it. */
const unresolved = {
  extends: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(
      'A scenario file, or several, that this one is laid on: maps are merged key by key, null removes a key, anything else replaces what was there; later ones win. Relative to this file.',
    ),
  variables: z.record(z.string(), z.unknown()).optional().describe(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what people write.
    'Values by names: `${name}` in any text stands for one, with its type where the text is nothing else. `$${` stands for the two characters.',
  ),
  sweep: sweepSchema.optional().describe('Many scenarios that differ in some values, for `stepcast sweep`.'),
};

const written = map({
  ...unresolved,
  title: title.describe('What the report is called.'),
  description: words(10_000, { lines: true })
    .default('')
    .describe('What is asked and why, for the reader of the report.'),
  seed: count(0, 2 ** 32 - 1)
    .default(1)
    .describe('Equal seeds give equal results, byte for byte. --seed overrides it.'),
  cluster: clusterSchema.describe('What it runs on.'),
  runtime: runtimeSchema.prefault({}).describe('How ops and messages are executed on it.'),
  noise: noiseSchema
    .prefault({})
    .describe('How real machines depart from the cost model. Absent: not at all.'),
  failures: failuresSchema
    .optional()
    .describe('Machines that fail while training, and what that costs. Absent: none fail.'),
  strategy: strategySchema
    .optional()
    .describe(
      'The one strategy of all training experiments, whatever else is listed; for `--set strategy=async`.',
    ),
  compare: strategyList()
    .optional()
    .describe('The strategies of all training experiments, whatever these list: all under the same luck.'),
  trials: trialsSchema
    .default(1)
    .describe('Repetitions of training under independent seeds: a number of them, or the error to reach.'),
  experiments: z
    .array(kinds('experiment', ['training', 'placement', 'inference'], [training, placement, inference]))
    .min(1)
    .max(100)
    .describe('What is compared.'),
});

type Written = z.output<typeof written>;
type Choices = { readonly strategies: readonly StrategyChoice[]; readonly placers: readonly PlacerChoice[] };

/** Every training experiment with its strategies, wherever they were named; those that have none are told so. */
function withStrategies(scenario: Written, context: z.core.$RefinementCtx<Written>) {
  const { strategy, compare, experiments, extends: _, variables: __, sweep: ___, ...rest } = scenario;
  return {
    ...rest,
    experiments: experiments.map((experiment, i) => {
      if (experiment.kind === 'placement')
        return { ...experiment, placers: experiment.placers as unknown as Choices['placers'] };
      if (experiment.kind !== 'training') return experiment;
      const strategies = strategy === undefined ? (compare ?? experiment.strategies) : [strategy];
      if (strategies === undefined) {
        const message = 'missing; list the strategies here, or for all experiments in `compare`';
        context.addIssue({
          code: 'custom',
          message,
          path: ['experiments', i, 'strategies'],
          input: undefined,
        });
      }
      return { ...experiment, strategies: (strategies ?? []) as unknown as Choices['strategies'] };
    }),
  };
}

export const scenarioSchema = written.transform((asked, context) => {
  const scenario = withStrategies(asked, context);
  if (context.issues.length > 0) return scenario;
  const strategyAt: StrategyPlace = (i, j) => {
    if (asked.strategy !== undefined) return ['strategy'];
    return asked.compare === undefined ? ['experiments', i, 'strategies', j] : ['compare', j];
  };
  // Only of a cluster that can be built may more be asked.
  const misfits = [...topologyMisfits(scenario)];
  const told = new Set<string>();
  for (const { path, message } of misfits.length > 0 ? misfits : contradictions(scenario, strategyAt)) {
    // Several experiments may have the same to say of a strategy of all.
    const problem = JSON.stringify([path, message]);
    if (!told.has(problem)) context.addIssue({ code: 'custom', message, path });
    told.add(problem);
  }
  return scenario;
});

/** A scenario as resolved: overrides applied, defaults filled in. Quantities are text with their units. */
export type Scenario = z.output<typeof scenarioSchema>;
export type Experiment = Scenario['experiments'][number];
export type TrainingScenario = Extract<Experiment, { kind: 'training' }>;
export type PlacementScenario = Extract<Experiment, { kind: 'placement' }>;
export type InferenceScenario = Extract<Experiment, { kind: 'inference' }>;

/** The JSON Schema of scenario files, for editors. */
export function scenarioJsonSchema(): object {
  return {
    title: 'stepcast scenario',
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...editorSchema(jsonSchemaOf(written)),
  };
}

function jsonSchemaOf(part: z.ZodType): object {
  const { $schema: _, ...schema } = z.toJSONSchema(part, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Described copies of it, too: all are pipes of one transformation.
      if (zodSchema instanceof z.ZodPipe && zodSchema.in === strategySchema.in) {
        delete jsonSchema.oneOf;
        Object.assign(jsonSchema, strategyJsonSchema());
      }
      const options = eitherOptions(zodSchema);
      if (options !== undefined) Object.assign(jsonSchema, { anyOf: options.map(jsonSchemaOf) });
      if (zodSchema === placerSchema) {
        delete jsonSchema.oneOf;
        Object.assign(jsonSchema, placerJsonSchema());
      }
      // Bounds of safe integers say nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return schema;
}
