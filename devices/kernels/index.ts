import { DTYPE_BYTES } from '../../base/dtype.ts';
import type { Work } from '../../base/work.ts';
import { arithmeticType, type CostModel } from '../cost-model.ts';
import type { ArithmeticType, DeviceModel, KernelClass, KernelModel } from '../device.ts';
import { profiledSeconds } from '../profiled-seconds.ts';
import { systolicSeconds } from '../systolic.ts';
import { convolutionSeconds } from './convolution.ts';
import { layoutBytes } from './layout.ts';
import { tiledSeconds } from './product.ts';

/**
 * The default cost model: seconds by what limits each class of kernel.
 *
 * - `matmul`, convolutions: tiles on multiprocessors (product.ts, convolution.ts), or on a systolic array
 *   (../systolic.ts); never faster than memory brings the operands
 * - `vector`: the slower of its arithmetic and of its bytes at the rate of streaming kernels
 * - `data`: its bytes
 *
 * each after the launch of one kernel. Where the device has a measured profile, what that says of an op comes first
 * (../profiled-seconds.ts). Parameters are in the catalog: device entries name fits to measured components.
 *
 * Left out: clocks that follow heat, kernels that run at the same time, caches that keep one kernel's results for the next.
 */
export const kernelSeconds: CostModel = (work, device) => {
  if (work.class === 'none') return 0;
  const measured = device.profile && profiledSeconds(device.profile)(work);
  if (measured !== undefined) return measured;
  const type = typeOf(work, work.class, device);
  const peak = device.peak[type];
  if (peak === undefined) return Number.POSITIVE_INFINITY;
  const model = kernelModel(device, type);
  const launch = device.launchSeconds.value;
  if (work.isEpilogue === true && device.systolic?.buffer !== undefined) return 0;
  const multiplies = work.class !== 'vector' && work.class !== 'data';
  if (!multiplies) {
    const share = work.class === 'vector' ? model.parameters.elementwiseShare : 1;
    return launch + Math.max(vectorSeconds(work, device), streamSeconds(work, device)) / share;
  }
  if (device.systolic !== undefined && work.gemm !== undefined) {
    return systolicSeconds(work, work.gemm, device, device.systolic, peak.value, model.parameters);
  }
  const moved = work.convolution === undefined ? 0 : layoutBytes(work, type);
  const transposes = moved / (device.streamShare.value * device.memoryBytesPerSecond.value);
  return launch + productSeconds(work, device, peak.value, model) + transposes;
};

/** The type of arithmetic of `work`: where matrix units cannot take so many channels, that of the vector lanes. */
function typeOf(work: Work, opClass: KernelClass, device: DeviceModel): ArithmeticType {
  const type = arithmeticType(opClass, work.dtype, device);
  if (work.convolution === undefined || device.peak.float32 === undefined) return type;
  const { channels, filters } = work.convolution;
  const { alignedChannels } = kernelModel(device, type).parameters;
  return channels % alignedChannels === 0 && filters % alignedChannels === 0 ? type : 'float32';
}

/** Kernels of `device` in a type of arithmetic. */
export function kernelModel(device: DeviceModel, type: ArithmeticType): KernelModel {
  return device.kernels[type] ?? device.kernels.default;
}

function productSeconds(
  work: Work,
  device: DeviceModel,
  peakFlops: number,
  { parameters }: KernelModel,
): number {
  const memoryBytesPerSecond = parameters.productMemoryShare * device.memoryBytesPerSecond.value;
  const memory = (work.bytesRead + work.bytesWritten) / memoryBytesPerSecond;
  const { gemm, convolution } = work;
  if (gemm === undefined) {
    const share = parameters.productShare * (work.class === 'attention' ? parameters.attentionShare : 1);
    return Math.max(work.flops / (share * peakFlops), memory);
  }
  const { m, n, k } = gemm;
  const count = gemm.count ?? Math.max(1, Math.floor(work.flops / (2 * m * n * k)));
  const elementBytes = DTYPE_BYTES[work.dtype];
  const multiprocessors = device.multiprocessors?.value ?? device.cores?.value ?? 1;
  if (convolution === undefined) {
    const unit = { peakFlops, share: parameters.productShare, memoryBytesPerSecond, multiprocessors };
    const { steps = 1 } = gemm;
    const each = tiledSeconds({ m, n, k, count: count / steps, elementBytes }, unit, parameters);
    return Math.max(steps * each, memory) + (steps - 1) * device.launchSeconds.value;
  }
  // Convolutions read large tensors in order.
  const streamed = device.streamShare.value * device.memoryBytesPerSecond.value;
  const call = {
    work: convolution,
    groups: count,
    elementBytes,
    launchSeconds: device.launchSeconds.value,
  };
  const unit = { peakFlops, memoryBytesPerSecond: streamed, multiprocessors };
  const bytes = work.bytesRead + work.bytesWritten;
  return Math.max(convolutionSeconds(call, unit, parameters), bytes / streamed);
}

function vectorSeconds(work: Work, device: DeviceModel): number {
  if (work.flops === 0) return 0;
  const float32 = device.peak.float32?.value;
  // A peak counts multiply-adds; additions and multiplications alone are half of it.
  const rate = device.vectorOpsPerSecond?.value ?? (float32 === undefined ? undefined : float32 / 2);
  return rate === undefined ? Number.POSITIVE_INFINITY : work.flops / rate;
}

function streamSeconds(work: Work, device: DeviceModel): number {
  const bytes = work.bytesRead + work.bytesWritten;
  const buffer = device.systolic?.buffer;
  if (buffer !== undefined && bytes <= buffer.bytes.value) {
    return Math.max(work.bytesRead, work.bytesWritten) / buffer.bytesPerSecond.value;
  }
  return bytes / (device.streamShare.value * device.memoryBytesPerSecond.value);
}
