import { UserError } from '../base/errors.ts';
import { arithmeticType, plainRooflineSeconds } from '../devices/cost-model.ts';
import type { DeviceModel } from '../devices/device.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { libraryKernels } from '../graph/library-kernels.ts';
import { elementCount } from '../graph/tensor-spec.ts';
import type { InferenceModel, Model } from '../graph/zoo/model.ts';
import { PRECISIONS } from './fields.ts';

/** Types that networks infer in: int8 of those of the TPU paper alone. */
export const INFERENCE_PRECISIONS = ['int8', ...PRECISIONS] as const;
export type InferencePrecision = (typeof INFERENCE_PRECISIONS)[number];

/** The forward pass of a network: 8-bit networks in 8 bits, others in float32, unless said otherwise. */
export interface InferenceChoice {
  readonly network: Model | InferenceModel;
  readonly batch: number;
  readonly precision: InferencePrecision | undefined;
}

/** How kernels are issued, one after another: none of this takes time unless given. */
export interface Issuing {
  /** Time of the host to issue each op, while the device works on those before it. */
  readonly dispatchSeconds?: number;
  /** Whether ops are merged to what a compiler or library makes of them (see libraryKernels). */
  readonly fuses?: boolean;
  /** Kernels take so many times as long as the catalog says. */
  readonly kernelFactor?: number;
}

/** One batch of inferences on one device that has its inputs. */
export interface InferenceStep {
  readonly seconds: number;
  /** Flops of matrix products and convolutions, and their peak on the device. */
  readonly productFlops: number;
  readonly peakFlops: number;
  readonly rooflineSeconds: number;
}

/** @throws UserError where the network has no arithmetic of this type. */
export function inferenceGraph({ network, batch, precision }: InferenceChoice): Graph {
  const builder = new GraphBuilder();
  if (network.trains) {
    if (precision === 'int8')
      throw new UserError(`precision: ${network.name} has no 8-bit form; choose ${PRECISIONS.join(', ')}`);
    network.build(builder, { batch, dtype: precision ?? 'float32' });
  } else {
    const instead = precision === undefined || precision === 'int8' ? {} : { insteadOfIntegers: precision };
    network.build(builder, { batch, dtype: 'int8', ...instead });
  }
  return builder.finish();
}

/** Weights of a network. */
export function weightCount(network: Model | InferenceModel): number {
  const builder = new GraphBuilder();
  const { weights } = network.trains
    ? { weights: network.build(builder, { batch: 1, dtype: 'float32' }).parameters }
    : network.build(builder, { batch: 1, dtype: 'int8' });
  return weights.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0);
}

/**
 * Times a forward pass: a device computes one kernel after another, each once it is issued.
 *
 *     end(i) = max(end(i − 1), i · dispatch) + kernel(i)
 *
 * @throws UserError where the device has no kernels for some op.
 */
export function inferenceStep(
  graph: Graph,
  device: DeviceModel,
  { dispatchSeconds = 0, fuses = device.fusesElementwise !== undefined, kernelFactor = 1 }: Issuing = {},
): InferenceStep {
  const works = fuses
    ? libraryKernels(graph, { groupOf: new Int32Array(graph.nodeCount) })
    : graphWork(graph);
  let [seconds, issued, productFlops, rooflineSeconds] = [0, 0, 0, 0];
  let peakFlops = 0;
  for (const [node, work] of works.entries()) {
    if (work.class === 'none') continue;
    const kernel = kernelFactor * kernelSeconds(work, device);
    if (!Number.isFinite(kernel))
      throw new UserError(`${device.id} has no kernels for ${graph.op[node]} in ${work.dtype}`);
    issued += dispatchSeconds;
    seconds = Math.max(seconds, issued) + kernel;
    rooflineSeconds += plainRooflineSeconds(work, device);
    if (work.gemm === undefined) continue;
    productFlops += work.flops;
    peakFlops = device.peak[arithmeticType(work.class, work.dtype, device)]!.value;
  }
  return { seconds, productFlops, peakFlops, rooflineSeconds };
}
