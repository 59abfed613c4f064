import { findDevice } from '../../../devices/catalog/index.ts';
import { asNumber, countOf, type Facts, fact, known, wordsOf } from './facts.ts';
import type { Mapped, Said } from './mapped.ts';
import { benchmarkVariant, type NamedNetwork, networkNamed } from './models.ts';
import { Refusal, required } from './refusal.ts';
import { precisionOfHardware, softwareOf } from './surroundings.ts';
import { checkArithmetic, type Precision, precisionNamed, stackNamed } from './words.ts';

/* What one replica of a network of the zoo computes: what training on one device and by any strategy have in common. */

export interface Replica {
  readonly fields: Facts;
  readonly network: NamedNetwork;
  readonly assumed: readonly string[];
}

/** @throws Refusal saying what of model, batch or arithmetic is not stated. */
export function replicaOf(said: Said, batch: number | undefined): Replica {
  const { facts, file, claim, hardware } = said;
  const words = required(wordsOf(facts, 'model'), 'the model: not stated');
  const network = required(
    networkOf(words, claim.workload),
    `the zoo has no model that is called ${JSON.stringify(words)}`,
  );
  const assumed: string[] = [];
  const precision = arithmeticOf(said, network, assumed);
  checkArithmetic(hardware.device, precision);
  const suite = JSON.stringify([file.source, claim.what, claim.provenance]);
  return {
    fields: known({
      model: benchmarkVariant(network.model, suite),
      batch: required(batch, 'samples per device: not stated'),
      precision,
      sequence: sequenceOf(said, network, assumed),
      attention: isMlperf(said) && network.model === 'bert-large' && isGpu(said) ? 'flash-1' : undefined,
      stack: stackNamed(wordsOf(facts, 'library') ?? softwareOf(said)) ?? stackOfFile(said),
    }),
    network,
    assumed,
  };
}

/** The network that a point names, or the workload where the point only adds to it: `65B` of `LLaMA`. */
function networkOf(words: string, workload: Facts): NamedNetwork | undefined {
  return networkNamed(words) ?? networkNamed(`${workload.model ?? ''} ${words}`);
}

/** As the point says, its hardware, its library or its software; mixed where MLPerf's logs leave it out. */
function arithmeticOf(said: Said, { model }: NamedNetwork, assumed: string[]): Precision {
  const { facts, hardware } = said;
  const library = wordsOf(facts, 'library');
  const written =
    precisionNamed(wordsOf(facts, 'precision')) ??
    (library !== undefined && /fp16|fp32/i.test(library) ? precisionNamed(library) : undefined) ??
    precisionOfHardware(said);
  if (written !== undefined) return written;
  const { kind, year, name, peak } = findDevice(hardware.device);
  if (isMlperf(said)) {
    if (kind === 'GPU' && model === 'bert-large' && peak.float8e4m3fn !== undefined) {
      assumed.push(
        'Arithmetic is not stated: float8, as NVIDIA says of BERT on its GPUs from Hopper on (MLPerf Training v2.1, technical blog; recalled).',
      );
      return 'float8';
    }
    const precision = kind === 'GPU' ? 'float16' : 'bfloat16';
    assumed.push(`Arithmetic is not stated: ${precision}, as usual on such devices in these logs.`);
    return precision;
  }
  if (kind !== 'TPU' && year <= (kind === 'CPU' ? 2019 : 2016)) {
    assumed.push(`Arithmetic is not stated: float32, as the ${name} has no faster one for training.`);
    return 'float32';
  }
  throw new Refusal('the type of arithmetic: not stated');
}

const isGpu = ({ hardware }: Said): boolean => findDevice(hardware.device).kind === 'GPU';

const isMlperf = ({ file }: Said): boolean => /mlperf|mlcommons/i.test(JSON.stringify(file.source));

/**
 * Words of a sample. Half of the words of BERT's second phase are padding (Krell et al. 2021, "Efficient Sequence Packing without
 * Cross-contamination": packing sequences of Wikipedia to 512 words takes 2.0 times fewer of them), which all submissions to MLPerf since
 * v1.0 but those for TPUs leave out.
 */
function sequenceOf(said: Said, { model }: NamedNetwork, assumed: string[]): number | undefined {
  const { facts, point, hardware } = said;
  if (!/bert|transformer|nmt|gpt/.test(model)) return undefined;
  const stated =
    countOf(facts, 'sequence') ?? asNumber(/max (\d+) tokens/i.exec(wordsOf(facts, 'model') ?? '')?.[1]);
  const sequence = required(stated, 'words of a sample: not stated');
  const round = asNumber(/^v(\d+\.\d+)/.exec(String(point.round ?? ''))?.[1]);
  if (!isMlperf(said) || model !== 'bert-large' || sequence !== 512) return sequence;
  if (round === undefined || round < 1 || findDevice(hardware.device).kind === 'TPU') return sequence;
  assumed.push(
    'Sequences of at most 512 words have 256 on average, and padding is left out (Krell et al. 2021).',
  );
  return 256;
}

function stackOfFile(said: Said): string | undefined {
  const { kind } = findDevice(said.hardware.device);
  const source = JSON.stringify(said.file.source);
  if (kind === 'TPU') return 'xla';
  if (isMlperf(said)) {
    if (kind !== 'GPU') return undefined;
    if (/tinycorp/i.test(said.claim.id)) throw new Refusal('tinycorp: its kernels are those of tinygrad');
    // Rounds v2.0 and later are of June 2022 and later.
    return Number(/^v(\d+)/.exec(String(said.point.round ?? ''))?.[1] ?? 1) >= 2
      ? 'nvidia-graphs'
      : 'nvidia-optimized';
  }
  if (/deeplearningexamples/i.test(source)) {
    // The model is the path of the example in the repository: its framework first. MXNet's and PaddlePaddle's merge ops.
    const model = wordsOf(said.claim.workload, 'model') ?? '';
    if (/^tensorflow/i.test(model)) return 'tensorflow-1';
    return /^pytorch|^dglpytorch/i.test(model) ? 'pytorch' : 'nvidia-optimized';
  }
  if (/tensorflow/i.test(source)) return 'tensorflow-1';
  return undefined;
}

/**
 * Samples of a device at a time, and how many times they are added up. Where a source gives two of each, for two types of arithmetic, the
 * narrower type has the larger batch and the fewer additions: it takes half the memory.
 */
export function deviceBatch({ facts }: Said): {
  readonly batch: number | undefined;
  readonly accumulation: number;
} {
  const precision = precisionNamed(wordsOf(facts, 'precision'));
  const narrow = precision === 'float16' || precision === 'bfloat16' || precision === 'float8';
  // Some say it with the model: "RNNLM (batch 64)".
  const inName = /\(batch (\d+)\)/i.exec(wordsOf(facts, 'model') ?? '')?.[1];
  const batches = numbersIn(fact(facts, 'device_batch') ?? inName);
  const additions = numbersIn(fact(facts, 'accumulation'));
  const batch = batches.length > 0 ? (narrow ? Math.max : Math.min)(...batches) : undefined;
  const accumulation = additions.length > 0 ? (narrow ? Math.min : Math.max)(...additions) : 1;
  const workers = countOf(facts, 'workers');
  const global = countOf(facts, 'global_batch');
  if (batch === undefined && global !== undefined && workers !== undefined) {
    const each = global / workers / accumulation;
    if (!Number.isInteger(each))
      throw new Refusal(`a batch of ${global} is no whole number for each of ${workers} devices`);
    return { batch: each, accumulation };
  }
  // No device holds thousands of sequences: that many are what is added up.
  if (batch !== undefined && batch >= 2048 && accumulation > 1 && batch % accumulation === 0)
    return { batch: batch / accumulation, accumulation };
  return { batch, accumulation };
}

/** `128 and 256`, `312 , 176`, `1,048,576`, `8 : 16`. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'string' || !/^\s*\d/.test(value)) return [];
  const numbers = value.match(/\d{1,3}(?:,\d{3})+|\d+/g) ?? [];
  return numbers.slice(0, 2).map((number) => Number(number.replaceAll(',', '')));
}

/** A mapping of a replica, with what a strategy adds. */
export function mapped(kind: string, { fields, assumed }: Replica, more: Facts): Mapped {
  return { kind, fields: known({ ...fields, ...more }), assumed };
}
