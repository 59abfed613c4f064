import type { DType } from '../../../../base/dtype.ts';
import { UserError } from '../../../../base/errors.ts';
import type { Work } from '../../../../base/work.ts';
import { plainRooflineSeconds } from '../../../../devices/cost-model.ts';
import { kernelSeconds } from '../../../../devices/kernels/index.ts';
import type { StackModel } from '../../../../devices/stack.ts';
import { condensedPipeline, type StageSeconds } from '../../../../sim/strategies/condensed-pipeline.ts';
import type { Block, MeshBlocks, StageBlocks } from '../../../../sim/strategies/mesh-blocks.ts';
import { scheduleOf } from '../../../../sim/strategies/schedules.ts';
import type { Scenario } from '../../../schema.ts';
import type { GptFields } from '../gpt.ts';
import { kernelRate } from '../kernel-rate.ts';
import type { PredictedStep, Setting } from '../kind.ts';
import { blocksOf } from './blocks.ts';
import { measuredSeconds } from './measured-blocks.ts';
import { type MeshNetwork, meshNetwork } from './network.ts';

/** Seconds of what a step is made of. */
interface Costs {
  readonly kernel: (work: Work) => number;
  /** Of an exchange among tensor ranks, or among replicas. */
  readonly exchange: (among: 'tensor' | 'data', collective: string, bytes: number) => number;
  /** Of what goes from stage to stage. */
  readonly transfer: (bytes: number) => number;
  readonly stack: Pick<StackModel, 'dispatchSeconds' | 'stepSeconds' | 'overlapsGradients'>;
  /** Of a micro-batch on a stage, forward and backward, where its blocks were measured. */
  readonly measured?: (parts: readonly Part[]) => number | undefined;
}

type Given = Setting & { readonly cluster: Scenario['cluster'] };

/** A training step of a decoder on a mesh, condensed to its repeating parts. */
export function gptStep(fields: GptFields, { cluster: choice, catalog, kernelFactor }: Given): PredictedStep {
  const { workers, tensor, pipeline, context } = fields;
  const data = fields.data ?? workers / (tensor * pipeline * context);
  if (!Number.isInteger(data) || data * tensor * pipeline * context !== workers)
    throw new UserError(
      `${workers} workers are not tensor ${tensor} × pipeline ${pipeline} × context ${context} × data ${data}`,
    );
  const microBatches = fields.batch / (data * fields.micro_batch);
  if (!Number.isInteger(microBatches))
    throw new UserError(
      `a batch of ${fields.batch} is not divided into micro-batches of ${fields.micro_batch} by ${data} replicas`,
    );
  const stack = catalog.stack(fields.stack);
  const network = meshNetwork(choice, { tensor, data: data * context, pipeline }, catalog);
  const { device } = network;
  const blocks = blocksOf(fields, network, stack);
  const share = stack.networkShare?.value ?? 1;
  const slowed = (among: 'tensor' | 'data' | 'stages', seconds: number): number =>
    network.crossesHosts(among) ? seconds / share : seconds;
  const costs: Costs = {
    kernel: (work) =>
      (kernelFactor * kernelSeconds(ofContext(work, context), device)) / kernelRate(fields, work, device),
    exchange: (among, collective, bytes) =>
      slowed(among, network.exchangeSeconds(among, collective, among === 'tensor' ? bytes / context : bytes)),
    transfer: (bytes) =>
      slowed('stages', network.transferSeconds(bytes)) +
      network.exchangeSeconds('tensor', 'all-gather', bytes),
    stack,
    measured: (parts) => measuredSeconds(parts, fields, blocks, network, stack),
  };
  const none = { ...stack.dispatchSeconds, value: 0 };
  const plain: Costs = {
    kernel: (work) => plainRooflineSeconds(ofContext(work, context), device),
    exchange: network.nominalExchangeSeconds,
    transfer: () => 0,
    stack: { ...stack, dispatchSeconds: none, stepSeconds: none },
  };
  const shape = { ...fields, data, microBatches };
  const modelFlops = flopsOf(fields, blocks) * microBatches * data;
  const peak = peakOf(network, fields.precision);
  return {
    seconds: stepSeconds(shape, blocks, stack, costs),
    devices: workers,
    samples: fields.batch,
    tokens: fields.batch * fields.sequence,
    modelFlops,
    peakFlops: peak * workers,
    rooflineSeconds: stepSeconds(shape, blocks, stack, plain),
    idealSeconds: modelFlops / (peak * workers),
  };
}

interface Shape extends GptFields {
  readonly data: number;
  readonly microBatches: number;
}

function stepSeconds(shape: Shape, blocks: MeshBlocks, stack: StackModel, costs: Costs): number {
  const { pipeline, chunks, microBatches, data, layers, sharding } = shape;
  const stages = stageBlocks(shape, blocks).map((parts) => stageSeconds(parts, shape, costs));
  const schedule = scheduleOf(chunks > 1 ? 'interleaved' : '1f1b', {
    devices: pipeline,
    microBatches,
    chunks,
  });
  const turns = condensedPipeline(schedule, {
    stages,
    transferSeconds: pipeline === 1 ? 0 : costs.transfer(blocks.first.leavingBytes),
    blocking: !stack.overlapsGradients,
  });
  const perDevice = Array.from({ length: pipeline }, (_, d) =>
    stageBlocks(shape, blocks)
      .filter((_parts, stage) => stage % pipeline === d)
      .flat(),
  );
  const ends = perDevice.map((parts) => {
    const bytes = parts.reduce((sum, { times, stage }) => sum + times * stage.gradientBytes, 0);
    const whole = data === 1 || isGathered(sharding) ? 0 : costs.exchange('data', 'all-reduce', bytes);
    // What overlaps goes on while the last micro-batch goes backward, but for the gradients of the first block.
    const hidden = stack.overlapsGradients ? Math.min(stages[0]!.backward, whole * (1 - 1 / layers)) : 0;
    return whole - hidden + updateSeconds(parts, shape, costs);
  });
  return turns + Math.max(...ends) + costs.stack.stepSeconds.value;
}

/** A micro-batch on a stage, forward and backward: as measured, where its blocks were, or else what its kernels take. */
function stageSeconds(parts: readonly Part[], shape: Shape, costs: Costs): StageSeconds {
  const { microBatches, sharding, data } = shape;
  const of = (direction: 'forward' | 'backward'): number =>
    seconds(
      parts.map(({ times, stage }) => ({ times, block: stage[direction] })),
      costs,
    );
  const forward = of('forward');
  const backward = of('backward') + (microBatches === 1 ? 0 : costs.kernel(accumulation(parts)));
  if (isGathered(sharding) && data > 1) {
    // Weights are gathered for each block, forward and backward, and gradients scattered: beside the kernels, where the stack
    // overlaps (FSDP).
    const bytes = parts.reduce((sum, { times, stage }) => sum + times * stage.gradientBytes, 0);
    const gather = costs.exchange('data', 'all-gather', bytes);
    const scatter = costs.exchange('data', 'reduce-scatter', bytes);
    const beside = costs.stack.overlapsGradients ? Math.max : (a: number, b: number): number => a + b;
    return { forward: beside(forward, gather), backward: beside(backward, gather + scatter) };
  }
  const measured = costs.measured?.(parts);
  if (measured === undefined) return { forward, backward };
  const factor = measured / (forward + backward);
  return { forward: factor * forward, backward: factor * backward };
}

const isGathered = (sharding: GptFields['sharding']): boolean => sharding === 'zero3';

/** The part of a kernel's work that one of the ranks has that divide a sequence's words. */
function ofContext(work: Work, ranks: number): Work {
  if (ranks === 1) return work;
  const { flops, bytesRead, bytesWritten, gemm } = work;
  return {
    ...work,
    flops: flops / ranks,
    bytesRead: bytesRead / ranks,
    bytesWritten: bytesWritten / ranks,
    ...(gemm !== undefined && { gemm: { ...gemm, m: Math.ceil(gemm.m / ranks) } }),
  };
}

export interface Part {
  /** How many of these blocks: 0 or fewer take blocks away that another part has too many. */
  readonly times: number;
  readonly stage: StageBlocks;
}

/** Per stage, what it is made of: the first has the embedding and the last the loss, and each has its blocks. */
function stageBlocks({ layers, pipeline, chunks }: GptFields, { first, middle, last }: MeshBlocks): Part[][] {
  const stages = pipeline * chunks;
  if (layers < stages) throw new UserError(`${layers} layers cannot be divided into ${stages} stages`);
  return Array.from({ length: stages }, (_, s) => {
    const own = Math.floor(((s + 1) * layers) / stages) - Math.floor((s * layers) / stages);
    const ends = [...(s === 0 ? [first] : []), ...(s === stages - 1 ? [last] : [])];
    return [...ends.map((stage) => ({ times: 1, stage })), { times: own - ends.length, stage: middle }];
  });
}

/** One after the other on the device, or as fast as its host issues them, whichever is slower. */
function seconds(parts: readonly { readonly times: number; readonly block: Block }[], costs: Costs): number {
  let busy = 0;
  let issued = 0;
  for (const { times, block } of parts) {
    let own = 0;
    for (const work of block.kernels) own += costs.kernel(work);
    for (const { collective, bytes } of block.exchanges) own += costs.exchange('tensor', collective, bytes);
    busy += times * own;
    issued += times * (block.kernels.length + block.exchanges.length);
  }
  return Math.max(busy, issued * costs.stack.dispatchSeconds.value);
}

/** Adds a micro-batch's gradients to the sum of those before: two are read, one is written. */
function accumulation(parts: readonly Part[]): Work {
  const bytes = parts.reduce((sum, { times, stage }) => sum + times * stage.gradientBytes, 0);
  return { class: 'vector', dtype: 'float16', flops: bytes / 2, bytesRead: 2 * bytes, bytesWritten: bytes };
}

/** The optimizer updates all parameters of a device in one pass (Apex's multi-tensor kernels). */
function updateSeconds(parts: readonly Part[], { sharding, data }: Shape, costs: Costs): number {
  let bytesRead = 0;
  let bytesWritten = 0;
  let flops = 0;
  let exchanges = 0;
  for (const { times, stage } of parts) {
    for (const work of stage.after.kernels) {
      bytesRead += times * work.bytesRead;
      bytesWritten += times * work.bytesWritten;
      flops += times * work.flops;
    }
    for (const { collective, bytes } of stage.after.exchanges)
      exchanges += times * costs.exchange('tensor', collective, bytes);
  }
  const share = sharding === 'none' ? 1 : data;
  const pass: Work = {
    class: 'vector',
    dtype: 'float32',
    flops: flops / share,
    bytesRead: bytesRead / share,
    bytesWritten: bytesWritten / share,
  };
  return costs.kernel(pass) + exchanges;
}

/** Of one replica's micro-batch on all its devices, forward and backward, without what is computed again. */
function flopsOf(fields: GptFields, { first, middle, last }: MeshBlocks): number {
  const { layers, tensor, attention, micro_batch, sequence, hidden } = fields;
  const products = (stage: StageBlocks): number =>
    stage.forward.kernels.reduce((sum, work) => sum + (work.class === 'matmul' ? work.flops : 0), 0);
  // As the field counts: of all pairs of words, whether a mask hides them or not.
  const ofAttention = attention === 'plain' ? 0 : 4 * micro_batch * sequence * sequence * hidden;
  return (
    3 * (tensor * (products(first) + products(last) + (layers - 2) * products(middle)) + layers * ofAttention)
  );
}

function peakOf({ device }: MeshNetwork, precision: GptFields['precision']): number {
  const dtype = (precision === 'float8' ? 'float8e4m3fn' : precision) as DType;
  const type = device.multiplyType?.[dtype]?.type ?? dtype;
  const peak = device.peak[type];
  if (peak === undefined) throw new UserError(`${device.name} does not compute in ${precision}`);
  return peak.value;
}
