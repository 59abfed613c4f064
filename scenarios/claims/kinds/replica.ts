import * as z from 'zod';
import type { DType } from '../../../base/dtype.ts';
import { getOrMake } from '../../../base/get-or-make.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { settingProblems } from '../../../graph/zoo/settings.ts';
import { MODELS } from '../../catalog.ts';
import { settingFields } from '../../chosen-model.ts';
import { count, map, name } from '../../fields.ts';

/* The fields by which claims say what one replica of a model computes in a step. */

/** Types of tensors, and tf32: float32 tensors on devices whose libraries multiply them in NVIDIA's 19 bits, which is what float32 means there too. */
const PRECISIONS = ['float32', 'tf32', 'float16', 'bfloat16', 'float8'] as const;

const ownFields = {
  model: name('model', Object.keys(MODELS)).describe('A model of the zoo (`stepcast models` lists them).'),
  batch: count(1, 10_000_000).describe(
    'Samples per device and step, or per micro-batch where gradients accumulate.',
  ),
  precision: z
    .enum(PRECISIONS)
    .default('float32')
    .describe(
      'Type of parameters and arithmetic; tf32: float32 on devices that multiply it so; float8: float16, whose large products are in 8 bits (Transformer Engine).',
    ),
  attention: z
    .enum(['plain', 'fused', 'flash-1'])
    .default('plain')
    .describe(
      'fused: attention in one kernel that never writes the scores, as FlashAttention-2; flash-1: as its first version, and what came before it.',
    ),
  stack: z.string().optional().describe('Software, by its id in the catalog.'),
  sequence: count(1, 1_000_000)
    .optional()
    .describe(
      'Words of a sample, of models of language; of BERT 15 % of them are predicted unless `masked` says how many.',
    ),
};

/** The fields of a replica, with those that a kind of claim has besides; keys are checked against the model's settings. */
export function replicaFields<S extends z.core.$ZodLooseShape>(shape: S) {
  const { batch: _, ...settings } = settingFields(MODELS);
  const all = { ...settings, ...ownFields, ...shape } as typeof ownFields & S;
  return map(all).superRefine((fields, context) => {
    const replica = fields as unknown as ReplicaFields;
    for (const { key, message } of settingProblems(MODELS[replica.model]!, settingsOf(replica)))
      context.addIssue({ code: 'custom', message, path: [key], input: fields });
  });
}

export interface ReplicaFields {
  readonly model: string;
  readonly batch: number;
  readonly precision: (typeof PRECISIONS)[number];
  readonly attention: 'plain' | 'fused' | 'flash-1';
  readonly stack?: string | undefined;
  readonly sequence?: number | undefined;
}

/** What BERT's authors mask, of the words of a sample (Devlin et al. 2019, section 3.1). */
const MASKED_SHARE = 0.15;

/** Per cent that BERT's authors drop in training (Devlin et al. 2019, appendix A.2); benchmarks time what they trained. */
const PUBLISHED_DROPOUT = 10;

/** The values that the fields give to settings of the model. */
function settingsOf(fields: ReplicaFields): Record<string, number> {
  const { settings } = MODELS[fields.model]!;
  const given: Record<string, number> = {};
  const { sequence } = fields;
  if (sequence !== undefined) {
    given.length = sequence;
    if ('masked' in settings) given.masked = Math.max(1, Math.round(MASKED_SHARE * sequence));
  }
  if ('dropout' in settings && fields.model.startsWith('bert')) given.dropout = PUBLISHED_DROPOUT;
  const values = fields as unknown as Readonly<Record<string, number | undefined>>;
  for (const key of Object.keys(SETTINGS)) {
    const value = values[key];
    if (value !== undefined) given[key] = value;
  }
  return given;
}

const SETTINGS = settingFields(MODELS);

/** The model of the zoo that a replica is, under the settings that its fields give. */
export function modelOf(fields: ReplicaFields): Model {
  return MODELS[fields.model]!.with(settingsOf(fields));
}

/** Tells replicas apart whose graphs differ. */
export function replicaKey(fields: ReplicaFields): string {
  return JSON.stringify([fields.model, settingsOf(fields), fields.batch, dtypeOf(fields)]);
}

/** Words of a step's samples, of models that take sentences; undefined of others. */
export function wordsPerSample(fields: ReplicaFields): number | undefined {
  const { settings } = modelOf(fields);
  return (settings.length ?? settings.steps)?.value;
}

export function dtypeOf({ precision }: Pick<ReplicaFields, 'precision'>): DType {
  return precision === 'tf32' ? 'float32' : precision === 'float8' ? 'float16' : precision;
}

const parameterCounts = new Map<string, number>();

/** Parameters of a replica. */
export function parametersOf(fields: ReplicaFields): number {
  const key = JSON.stringify([fields.model, settingsOf(fields)]);
  return getOrMake(parameterCounts, key, () => {
    const builder = new GraphBuilder();
    const { parameters } = modelOf(fields).build(builder, { batch: 1, dtype: 'float32' });
    return parameters.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0);
  });
}
