import * as gather from './gather.ts';
import * as gridSample from './grid-sample.ts';
import * as pad from './pad.ts';
import * as patches from './patches.ts';
import * as rearrange from './rearrange.ts';
import * as resize from './resize.ts';
import * as roiAlign from './roi-align.ts';
import * as scatter from './scatter.ts';
import * as selection from './selection.ts';
import * as tableParts from './table-parts.ts';
import * as tensorScatter from './tensor-scatter.ts';

/** Ops that move, look up, select or resample elements, beyond those of shape.ts. */
export const MOVEMENT = {
  Split: rearrange.split,
  Tile: rearrange.tile,
  Trilu: rearrange.trilu,
  ReverseSequence: rearrange.reverseSequence,
  Gather: gather.gather,
  GatherGrad: gather.gatherGrad,
  IdsOfParts: tableParts.idsOfParts,
  JoinRows: tableParts.joinRows,
  RowsOfParts: tableParts.rowsOfParts,
  GatherElements: gather.gatherElements,
  GatherND: gather.gatherND,
  ScatterElements: scatter.scatterElements,
  ScatterND: scatter.scatterND,
  TensorScatter: tensorScatter.tensorScatter,
  TensorScatterGrad: tensorScatter.tensorScatterGrad,
  Pad: pad.pad,
  PadGrad: pad.padGrad,
  Resize: resize.resize,
  ResizeGrad: resize.resizeGrad,
  OneHot: selection.oneHot,
  NonZero: selection.nonZero,
  Unique: selection.unique,
  NonMaxSuppression: selection.nonMaxSuppression,
  GridSample: gridSample.gridSample,
  GridSampleGrad: gridSample.gridSampleGrad,
  RoiAlign: roiAlign.roiAlign,
  RoiAlignGrad: roiAlign.roiAlignGrad,
  Col2Im: patches.col2Im,
  Im2Col: patches.im2Col,
} as const;
