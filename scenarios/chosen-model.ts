import * as z from 'zod';
import type { InferenceModel, Model } from '../graph/zoo/model.ts';
import { settingProblems } from '../graph/zoo/settings.ts';
import { INFERENCE_MODELS, MODELS } from './catalog.ts';
import { either } from './either.ts';
import { count, map, name, PRECISIONS } from './fields.ts';
import {
  type FileModelChoice,
  fileModelSchema,
  type ServedFileChoice,
  servedFileSchema,
} from './file-model-schema.ts';
import { isMap } from './overlay.ts';

/* Which model of the zoo an experiment is about: its name, how it is run, and its settings, all keys of one map. */

type AnyNetwork = Model | InferenceModel;
type Networks = { readonly [name: string]: AnyNetwork };

const fields = (networks: Networks) => ({
  name: name('model', Object.keys(networks)).describe('A model of the zoo (`stepcast models` lists them).'),
  batch: count(1, 1_000_000).describe('Samples per step, on each worker.'),
  precision: z.enum(PRECISIONS).default('float32').describe('Type of parameters and arithmetic.'),
});

/** All settings that some network has; the bounds are the widest of any. Which model has which is checked afterwards. */
export function settingFields(networks: Networks): { readonly [key: string]: z.ZodOptional<z.ZodInt> } {
  const owners = new Map<string, AnyNetwork[]>();
  for (const model of Object.values(networks)) {
    for (const key of Object.keys(model.settings)) owners.set(key, [...(owners.get(key) ?? []), model]);
  }
  const entries = [...owners].map(([key, models]) => {
    const settings = models.map((model) => model.settings[key]!);
    const least = Math.min(...settings.map((setting) => setting.least));
    const most = Math.max(...settings.map((setting) => setting.most));
    const words = [...new Set(settings.map(({ describe }) => describe))].join(' / ');
    return [
      key,
      count(least, most)
        .optional()
        .describe(`${words} Of ${someNames(models)}.`),
    ] as const;
  });
  return Object.fromEntries(entries);
}

function someNames(models: readonly AnyNetwork[]): string {
  const shown = models.slice(0, 3).map(({ name }) => name);
  const more = models.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

function chosenFrom(networks: Networks) {
  const own = fields(networks);
  return map({ ...own, ...settingFields(networks) } as typeof own).superRefine((choice, context) => {
    for (const { key, message } of settingProblems(networks[choice.name]!, settingsOf(choice)))
      context.addIssue({ code: 'custom', message, path: [key], input: choice });
  });
}

const NETWORKS: Networks = { ...MODELS, ...INFERENCE_MODELS };

const isFile = (input: unknown): boolean => isMap(input) && Object.hasOwn(input, 'file');

const trained = chosenFrom(MODELS);
const untrained = z.unknown().superRefine((_, context) => {
  const message =
    'a file has no loss to train by; train a model of the zoo (`stepcast models` lists them), or place or serve the file';
  context.addIssue({ code: 'custom', message, path: ['file'] });
}) as unknown as typeof trained;

/** A model that trains. */
export const modelSchema = either<ModelChoice>([trained], (input) => (isFile(input) ? untrained : trained));

const network = chosenFrom(NETWORKS);

/** A model whose step is simulated: one that trains, one that only infers, or one of a file. */
export const networkSchema = either<ModelChoice | FileModelChoice>([network, fileModelSchema], (input) =>
  isFile(input) ? fileModelSchema : network,
);

const served = map({
  name: fields(NETWORKS).name,
  ...settingFields(NETWORKS),
} as { name: ReturnType<typeof fields>['name'] }).superRefine((choice, context) => {
  for (const { key, message } of settingProblems(NETWORKS[choice.name]!, withoutName(choice)))
    context.addIssue({ code: 'custom', message, path: [key], input: choice });
});

/** A network by itself, whatever it is run with. */
export const servedSchema = either<ServedChoice | ServedFileChoice>([served, servedFileSchema], (input) =>
  isFile(input) ? servedFileSchema : served,
);

export type ModelChoice = z.output<typeof trained>;
export type ServedChoice = z.output<typeof served>;

function withoutName({ name: _, ...settings }: ServedChoice): { readonly [key: string]: number } {
  return settings;
}

/** The network that was chosen to be served, with its settings. */
export function servedNetwork(choice: ServedChoice): AnyNetwork {
  return NETWORKS[choice.name]!.with(withoutName(choice));
}

function settingsOf({ name: _, batch: __, precision: ___, ...settings }: ModelChoice): {
  readonly [key: string]: number;
} {
  return settings;
}

/** The model that was chosen to train, with its settings. */
export function chosenModel(choice: ModelChoice): Model {
  return MODELS[choice.name]!.with(settingsOf(choice));
}

/** The network that was chosen, with its settings. */
export function chosenNetwork(choice: ModelChoice): AnyNetwork {
  return NETWORKS[choice.name]!.with(settingsOf(choice));
}
