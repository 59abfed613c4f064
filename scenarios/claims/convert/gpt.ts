import { countOf, type Facts, fact, known, numberOf, wordsOf } from './facts.ts';
import { checkReach } from './hardware.ts';
import type { Mapped, Said } from './mapped.ts';
import { decoderNamed, isUndescribed } from './models.ts';
import { Refusal, required } from './refusal.ts';
import { precisionOfHardware, softwareOf } from './surroundings.ts';
import { precisionNamed, recomputeNamed, stackNamed } from './words.ts';

/** GPT-2's 50,257 words, padded as Megatron-LM pads them: of models whose source says nothing of it. */
const USUAL_VOCABULARY = 51_200;

/** Whether a point is about a decoder-only Transformer that is divided: by its keys, or by its name. */
export function isDecoder({ facts, strategy }: Said): boolean {
  const words = wordsOf(facts, 'model') ?? '';
  if (/bert|nmt|resnet|transformer-?xl/i.test(words)) return false;
  return (
    isUndescribed(words) ||
    decoderNamed(words) !== undefined ||
    (countOf(facts, 'layers') !== undefined && countOf(facts, 'hidden') !== undefined) ||
    /\bgpt\b|tensor.*pipeline|pipeline.*tensor|\bfsdp\b/i.test(`${words} ${strategy}`)
  );
}

/** A point of training a decoder on tensor × pipeline × data ranks. @throws Refusal saying what is not stated. */
export function gptPoint(said: Said): Mapped {
  const assumed: string[] = [];
  const words = wordsOf(said.facts, 'model') ?? '';
  if (isUndescribed(words)) throw new Refusal(`${words}: its layers are none that the fields describe`);
  const facts: Facts = { ...decoderNamed(words), ...said.facts };
  const size = (name: 'layers' | 'hidden' | 'heads' | 'sequence') =>
    required(
      countOf(facts, name),
      `${name === 'sequence' ? 'the length of sequences' : name} of the model: not stated`,
    );
  const workers = required(countOf(facts, 'workers'), 'how many devices: not stated');
  const mesh = meshOf(facts, workers);
  checkReach(said.hardware, workers);
  const micro = microBatches(facts, mesh.data, workers);
  const vocabulary = countOf(facts, 'vocabulary');
  if (vocabulary === undefined)
    assumed.push('The vocabulary is not stated: 51,200 words, as Megatron-LM pads GPT-2’s.');
  const recompute = recomputeNamed(fact(facts, 'recompute'));
  const written = wordsOf(facts, 'precision');
  const precision = precisionNamed(written) ?? precisionOfHardware(said);
  if (precision === undefined) assumed.push('Arithmetic is not stated: float16, as of its time.');
  return {
    kind: 'gpt',
    fields: known({
      workers,
      ...mesh,
      ...micro,
      layers: size('layers'),
      hidden: size('hidden'),
      heads: size('heads'),
      kv_heads: countOf(facts, 'kv_heads'),
      inner: countOf(facts, 'inner'),
      gated: facts.gated === true ? true : undefined,
      sequence: size('sequence'),
      vocabulary: vocabulary ?? USUAL_VOCABULARY,
      precision: precision ?? 'float16',
      recompute,
      sequence_parallel: /seq(uence)?[_ -]?par/i.test(`${said.strategy} ${facts.mode ?? ''}`)
        ? true
        : undefined,
      attention: /flash|fused attention|transformer ?engine/i.test(
        `${JSON.stringify(said.claim.workload)} ${softwareOf(said)}`,
      )
        ? 'fused'
        : facts.attention,
      sharding: shardingOf(said, facts),
      stack: stackOf(said),
    }),
    assumed,
  };
}

/** Extents of the mesh, whose product is the number of devices. */
function meshOf(facts: Facts, workers: number): { tensor: number; pipeline: number; data: number } & Facts {
  const tensor = countOf(facts, 'tensor') ?? 1;
  const pipeline = countOf(facts, 'pipeline') ?? 1;
  const context = countOf(facts, 'context') ?? 1;
  const divided = ['tensor', 'pipeline', 'data', 'sharding'] as const;
  if (workers > 1 && divided.every((name) => fact(facts, name) === undefined))
    throw new Refusal('how the devices divide the model: not stated');
  const data = countOf(facts, 'data') ?? workers / (tensor * pipeline * context);
  if (tensor * pipeline * context * data !== workers)
    throw new Refusal(
      `tensor ${tensor} × pipeline ${pipeline} × ${context === 1 ? '' : `context ${context} × `}data ${data} are not its ${workers} devices`,
    );
  const chunks = countOf(facts, 'chunks') ?? 1;
  const expert = countOf(facts, 'expert') ?? 1;
  return {
    tensor,
    pipeline,
    data,
    ...(context > 1 && { context }),
    ...(chunks > 1 && { chunks }),
    ...(expert > 1 && { expert }),
  };
}

/** Sequences of a step of all replicas, and of a micro-batch of one. */
function microBatches(facts: Facts, data: number, workers: number): { micro_batch: number; batch: number } {
  const micro = countOf(facts, 'micro_batch');
  const global =
    countOf(facts, 'global_batch') ??
    (workers === 1 || data === 1 ? countOf(facts, 'device_batch') : undefined);
  const each = countOf(facts, 'micro_batches') ?? countOf(facts, 'accumulation');
  const batch = required(
    global ?? (micro === undefined || each === undefined ? undefined : micro * each * data),
    'the batch of a step: not stated',
  );
  const micro_batch = required(
    micro ?? (each === undefined ? undefined : batch / data / each),
    'sequences of a micro-batch: not stated',
  );
  if (!Number.isInteger(batch / (data * micro_batch)))
    throw new Refusal(
      `a batch of ${batch} is no whole number of micro-batches of ${micro_batch} of ${data} replicas`,
    );
  return { micro_batch, batch };
}

function shardingOf({ strategy }: Said, facts: Facts): string | undefined {
  const words = `${wordsOf(facts, 'sharding') ?? strategy}`;
  if (/full_shard|zero[\s_-]?3/i.test(words)) return 'zero3';
  if (/shard_grad_op|zero[\s_-]?2/i.test(words)) return 'zero2';
  if (/zero[\s_-]?1|distributed optimi/i.test(words)) return 'zero1';
  return undefined;
}

/** Named by the source's software, or by how it divides: FSDP is PyTorch's. */
function stackOf(said: Said): string | undefined {
  const { facts, strategy } = said;
  const named = wordsOf(facts, 'library') ?? softwareOf(said);
  return (
    stackNamed(named) ??
    (/fsdp|full_shard/i.test(`${strategy} ${wordsOf(facts, 'sharding')}`) ? 'pytorch' : undefined)
  );
}

/** A number of parameters that a point tells its model by: `params_B: 175`. */
export function parametersOf(facts: Facts): number | undefined {
  const billions = numberOf(facts, 'parameters_billion');
  return numberOf(facts, 'parameters') ?? (billions === undefined ? undefined : billions * 1e9);
}
