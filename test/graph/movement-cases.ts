import type { Attrs } from '../../graph/op.ts';
import type { MOVEMENT } from '../../graph/ops/movement.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { drawn } from './drawn.ts';
import type { OpCase } from './ops-cases.ts';

/* Ops that move, look up, select or resample elements. */

const { any, distinct } = drawn('movement-cases');
const int64 = (shape: number[], values: number[]): Tensor => tensor('int64', shape, values);
const int32 = (shape: number[], values: number[]): Tensor => tensor('int32', shape, values);

/** Of a tensor of 3 × 4: rows 2, 0, 2; entries that meet; entries that do not. */
const rows = int64([3], [2, 0, -1]);
const elements = int64([2, 3], [1, -1, 1, 1, 0, 2]);
const apart = int64([2, 3], [0, 1, 2, -1, 0, 1]);
const points = int64([3, 2], [0, 1, 2, -1, 0, 1]);
const pointsApart = int64([3, 2], [0, 1, 2, -1, 1, 1]);

const scatters = (
  x: number[],
  indices: Tensor,
  separate: Tensor,
  updates: number[],
  attrs: Attrs,
): OpCase[] => [
  { what: 'in place of', inputs: [any(...x), separate, any(...updates)], attrs },
  { what: 'added', inputs: [any(...x), indices, any(...updates)], attrs: { ...attrs, reduction: 'add' } },
  {
    what: 'multiplied',
    inputs: [any(...x), indices, any(...updates)],
    attrs: { ...attrs, reduction: 'mul' },
  },
  ...(['min', 'max'] as const).map((reduction) => {
    // One tensor cut in two, so that no element equals another.
    const all = distinct(elementCount(x) + elementCount(updates)).data as Float32Array;
    const [a, b] = [all.slice(0, elementCount(x)), all.slice(elementCount(x))];
    return {
      what: reduction,
      inputs: [tensor('float32', x, a), indices, tensor('float32', updates, b)],
      attrs: { ...attrs, reduction },
    };
  }),
];

/** Ids of a table of 6 rows in parts of 1, 4 and 1. */
const partIds = int64([2, 3], [0, 4, 1, -1, 5, -5]);
const divided = { starts: [0, 1, 5, 6] };

const modes = ['reflect', 'edge', 'wrap'] as const;
/** Two before and none after the rows, one before and three after the columns. */
const wide = { pads: [2, 1, 0, 3] };

const resizes: Attrs[] = [
  { mode: 'nearest', shape: [1, 2, 7, 3] },
  { mode: 'linear', shape: [1, 2, 7, 3] },
  { mode: 'cubic', shape: [1, 2, 7, 3] },
  { mode: 'linear', shape: [1, 2, 2, 3], antialias: true },
  { mode: 'cubic', shape: [1, 2, 2, 9], antialias: true, exclude_outside: true },
  { mode: 'linear', shape: [1, 2, 3, 7], coordinate_transformation_mode: 'align_corners' },
  {
    mode: 'linear',
    shape: [1, 2, 6, 7],
    scales: [1, 1, 1.6, 1.5],
    coordinate_transformation_mode: 'asymmetric',
  },
  {
    mode: 'linear',
    shape: [1, 2, 3, 3],
    coordinate_transformation_mode: 'tf_crop_and_resize',
    roi: [0, 0, 0.2, -0.1, 1, 1, 0.8, 1.2],
    extrapolation_value: 10,
  },
];

/** Points of an image of 4 × 3, some outside, none where a gradient jumps. */
const grid = tensor(
  'float32',
  [1, 2, 3, 2],
  [-0.53, 0.21, 0.41, -0.71, 1.42, 0.13, -1.37, -1.23, 0.07, 0.88, 0.61, 1.33],
);
const volume = tensor('float32', [1, 1, 1, 2, 3], [-0.53, 0.21, 0.34, 0.71, -0.42, 1.13]);

const regions = tensor('float32', [2, 4], [0.3, 0.4, 3.1, 2.7, 1.2, 0.1, 3.4, 3.9]);
const images = int64([2], [1, 0]);
const bins = { output_height: 2, output_width: 2 };

/** Windows of 2 × 3 over images of 4 × 5, padded by one row above and two columns on the right. */
const windows = { image_shape: [4, 5], block_shape: [2, 3], strides: [1, 2], pads: [1, 0, 0, 2] };
const wideWindows = { image_shape: [5], block_shape: [2], dilations: [3] };

export const MOVEMENT_CASES: { readonly [K in keyof typeof MOVEMENT]: readonly OpCase[] } = {
  Split: [
    { what: 'rows', inputs: [any(4, 3)], attrs: { split: [1, 3] } },
    { what: 'columns, one part empty', inputs: [any(2, 5)], attrs: { axis: -1, split: [2, 0, 3] } },
    { what: 'one part used', inputs: [any(4, 3)], attrs: { split: [1, 3] }, lossOf: [1] },
  ],
  Tile: [
    { what: 'both axes', inputs: [any(2, 3)], attrs: { repeats: [2, 3] } },
    { what: 'a scalar', inputs: [any()], attrs: { repeats: [] } },
  ],
  Trilu: [
    { what: 'upper', inputs: [any(2, 3, 4)], attrs: {} },
    { what: 'lower, above the diagonal too', inputs: [any(4, 3)], attrs: { upper: false, k: 1 } },
    { what: 'upper, far below the diagonal', inputs: [any(3, 3)], attrs: { k: -9 } },
  ],
  ReverseSequence: [
    { what: 'time first', inputs: [any(4, 2, 3), int64([2], [3, 1])], attrs: {} },
    {
      what: 'batch first',
      inputs: [any(2, 4), int64([2], [4, 2])],
      attrs: { batch_axis: 0, time_axis: 1 },
    },
  ],
  Gather: [
    { what: 'rows, one twice', inputs: [any(3, 4), rows], attrs: {} },
    { what: 'columns by a matrix', inputs: [any(2, 3, 2), elements], attrs: { axis: 1 } },
    { what: 'one element', inputs: [any(3), int32([], [-1])], attrs: {} },
  ],
  GatherGrad: [{ what: 'rows, one twice', inputs: [any(3, 4), rows], attrs: { shape: [3, 4] } }],
  IdsOfParts: [{ what: 'three parts, one row each of two', inputs: [partIds], attrs: divided }],
  JoinRows: [
    { what: 'three parts', inputs: [partIds, any(2, 3, 4), any(2, 3, 4), any(2, 3, 4)], attrs: divided },
    { what: 'numbers', inputs: [int64([2], [0, -1]), any(2), any(2), any(2)], attrs: divided },
  ],
  RowsOfParts: [
    { what: 'three parts', inputs: [partIds, any(2, 3, 4)], attrs: divided },
    { what: 'one part used', inputs: [partIds, any(2, 3)], attrs: divided, lossOf: [1] },
  ],
  GatherElements: [
    { what: 'rows', inputs: [any(3, 4), elements], attrs: {} },
    { what: 'columns', inputs: [any(3, 4), elements], attrs: { axis: -1 } },
  ],
  GatherND: [
    { what: 'elements', inputs: [any(3, 4), points], attrs: {} },
    { what: 'slices', inputs: [any(3, 4, 2), points], attrs: {} },
    { what: 'of each batch', inputs: [any(3, 4, 2), int64([3, 1], [0, -1, 2])], attrs: { batch_dims: 1 } },
  ],
  ScatterElements: [
    ...scatters([3, 4], elements, apart, [2, 3], {}),
    ...scatters([3, 4], elements, apart, [2, 3], { axis: 1 }),
  ],
  ScatterND: [
    ...scatters([3, 4], points, pointsApart, [3], {}),
    ...scatters([3, 4, 2], points, pointsApart, [3, 2], {}),
    ...scatters([3, 4], int64([3, 2, 1], [1, 1, 0, 2, 3, 3]), int64([3, 2, 1], [1, 0, 0, 2, 3, 1]), [3, 2], {
      batch_dims: 1,
    }),
  ],
  TensorScatter: [
    { what: 'from the start', inputs: [any(2, 4, 3), any(2, 2, 3)], attrs: {} },
    { what: 'at positions', inputs: [any(2, 4, 3), any(2, 2, 3), int64([2], [1, 2])], attrs: {} },
    {
      what: 'around the end',
      inputs: [any(2, 3, 4), any(2, 3, 3), int64([2], [3, 0])],
      attrs: { axis: -1, mode: 'circular' },
    },
  ],
  TensorScatterGrad: [
    { what: 'at positions', inputs: [any(2, 4, 3), int64([2], [1, 2])], attrs: { extent: 2 } },
  ],
  Pad: [
    { what: 'with zeros', inputs: [any(2, 3)], attrs: wide },
    { what: 'with a value, cut on one side', inputs: [any(3, 4), any()], attrs: { pads: [0, -1, 2, 3] } },
    ...modes.map((mode) => ({ what: mode, inputs: [any(3, 4)], attrs: { ...wide, mode } })),
    { what: 'mirrored more than once', inputs: [any(3)], attrs: { pads: [5, 4], mode: 'reflect' } },
    { what: 'int64', inputs: [int64([2], [1, 2]), int64([], [7])], attrs: { pads: [1, 1] } },
  ],
  PadGrad: modes.map((mode) => ({
    what: mode,
    inputs: [any(5, 8)],
    attrs: { ...wide, mode, shape: [3, 4] },
  })),
  Resize: [
    ...resizes.map((attrs) => ({
      what: Object.values(attrs).slice(0, 3).join(' '),
      inputs: [any(1, 2, 4, 5)],
      attrs,
    })),
    { what: 'uint8', inputs: [tensor('uint8', [2], [0, 255])], attrs: { mode: 'linear', shape: [5] } },
  ],
  ResizeGrad: resizes.map((attrs) => ({
    what: Object.values(attrs).slice(0, 3).join(' '),
    inputs: [any(...(attrs.shape as number[]))],
    attrs: { ...attrs, inputShape: [1, 2, 4, 5] },
  })),
  OneHot: [
    { what: 'a new last axis', inputs: [int64([2, 2], [0, -1, 2, 5]), any(2)], attrs: { depth: 3 } },
    { what: 'a new first axis', inputs: [int64([3], [0, -1, 2]), any(2)], attrs: { depth: 3, axis: 0 } },
  ],
  NonZero: [
    { what: 'a matrix', inputs: [tensor('float32', [2, 3], [0, 1, 0, 2, 3, 0])], attrs: { count: 3 } },
    { what: 'none', inputs: [tensor('bool', [2], [0, 0])], attrs: { count: 0 } },
    { what: 'a scalar', inputs: [int64([], [4])], attrs: { count: 1 } },
  ],
  Unique: [
    { what: 'elements', inputs: [tensor('float32', [2, 2], [3, 1, 3, 2])], attrs: { count: 3 } },
    {
      what: 'columns as they come',
      inputs: [int64([2, 3], [2, 1, 2, 0, 0, 0])],
      attrs: { axis: 1, sorted: false, count: 2 },
    },
  ],
  NonMaxSuppression: [
    {
      what: 'two boxes apart, one inside another',
      inputs: [
        tensor('float32', [1, 3, 4], [0, 0, 2, 2, 0, 0, 2, 1.9, 5, 5, 6, 6]),
        tensor('float32', [1, 1, 3], [0.5, 0.9, 0.3]),
      ],
      attrs: { max_output_boxes_per_class: 3, iou_threshold: 0.5, count: 2 },
    },
  ],
  GridSample: [
    ...(['linear', 'cubic', 'nearest'] as const).flatMap((mode) =>
      (['zeros', 'border', 'reflection'] as const).map((padding_mode) => ({
        what: `${mode}, ${padding_mode}`,
        inputs: [any(1, 2, 4, 3), grid],
        attrs: { mode, padding_mode },
      })),
    ),
    { what: 'corners aligned', inputs: [any(1, 1, 3, 4), grid], attrs: { align_corners: true } },
    { what: 'a volume', inputs: [any(1, 2, 2, 3, 2), volume], attrs: {} },
  ],
  GridSampleGrad: [{ what: 'linear', inputs: [any(1, 2, 2, 3), any(1, 2, 4, 3), grid], attrs: {} }],
  RoiAlign: [
    ...([0, 2] as const).map((sampling_ratio) => ({
      what: `averages, ${sampling_ratio} samples`,
      inputs: [any(2, 2, 5, 4), regions, images],
      attrs: { ...bins, sampling_ratio },
      wrt: [0],
    })),
    {
      what: 'greatest, whole pixels',
      inputs: [distinct(2, 1, 5, 4), regions, images],
      attrs: { ...bins, mode: 'max', half_pixel: false, spatial_scale: 0.9 },
      wrt: [0],
    },
  ],
  RoiAlignGrad: [
    {
      what: 'averages',
      inputs: [any(2, 2, 2, 2), any(2, 2, 5, 4), regions, images],
      attrs: bins,
    },
  ],
  Col2Im: [
    // 4 + 1 − 1 = 4 rows and ⌊(5 + 2 − 3) / 2⌋ + 1 = 3 columns of windows
    { what: 'two axes', inputs: [any(2, 12, 12)], attrs: windows },
    { what: 'dilated', inputs: [any(1, 2, 2)], attrs: wideWindows },
  ],
  Im2Col: [
    { what: 'two axes', inputs: [any(2, 2, 4, 5)], attrs: windows },
    { what: 'dilated', inputs: [any(1, 1, 5)], attrs: wideWindows },
  ],
};
