import { fail } from '../op.ts';
import type { TensorSpec } from '../tensor-spec.ts';
import { rank } from './checks.ts';

/** How a window slides over an image. Defaults as in ONNX: strides 1, no padding, dilations 1. */
export type WindowAttrs = {
  /** Vertical, horizontal. */
  readonly strides?: readonly number[];
  /** Top, left, bottom, right. */
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
};

/** A window of kernelHeight × kernelWidth over height × width pixels, and the extents of its positions. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Positions of a window along one axis: ⌊(extent + padding − reach) / stride⌋ + 1. */
function positions(
  extent: number,
  padding: number,
  kernel: number,
  dilation: number,
  stride: number,
): number {
  const reach = dilation * (kernel - 1) + 1;
  const slack = extent + padding - reach;
  return slack < 0
    ? fail(`a window of ${reach} does not fit into ${extent} + ${padding}`)
    : Math.floor(slack / stride) + 1;
}

function pair(values: readonly number[], what: string): readonly [number, number] {
  if (values.length !== 2 || values.some((value) => !Number.isInteger(value) || value < 1)) {
    fail(`${what} [${values.join(',')}] must be two positive integers`);
  }
  return values as readonly [number, number];
}

/** The window of `kernel` = [height, width] over an image of shape NCHW. */
export function windowOver(image: readonly number[], kernel: readonly number[], attrs: WindowAttrs): Window {
  const { pads = [0, 0, 0, 0] } = attrs;
  if (pads.length !== 4 || pads.some((pad) => !Number.isInteger(pad) || pad < 0)) {
    fail(`pads [${pads.join(',')}] must be [top, left, bottom, right]`);
  }
  const [kernelHeight, kernelWidth] = pair(kernel, 'the window');
  const [strideY, strideX] = pair(attrs.strides ?? [1, 1], 'strides');
  const [dilationY, dilationX] = pair(attrs.dilations ?? [1, 1], 'dilations');
  const [top, left, bottom, right] = pads as readonly [number, number, number, number];
  const [height, width] = [image[2]!, image[3]!];
  return {
    height,
    width,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    top,
    left,
    outHeight: positions(height, top + bottom, kernelHeight, dilationY, strideY),
    outWidth: positions(width, left + right, kernelWidth, dilationX, strideX),
  };
}

/** Checks that a tensor is a batch of images, NCHW. */
export function images(input: TensorSpec, what: string): void {
  rank(input, 4, `${what} (batch, channels, height, width)`);
}
