import type { Op } from '../op.ts';
import * as attention from './attention.ts';
import * as checkpoint from './checkpoint.ts';
import * as clock from './clock.ts';
import * as collective from './collective.ts';
import * as convolution from './convolution.ts';
import * as convolutionTranspose from './convolution-transpose.ts';
import { copyToRanks } from './copy-to-ranks.ts';
import * as deformConvolution from './deform-convolution.ts';
import * as determinant from './determinant.ts';
import * as dropout from './dropout.ts';
import * as elementwise from './elementwise.ts';
import * as fused from './fused.ts';
import * as groupNormalization from './group-normalization.ts';
import * as layerNormalization from './layer-normalization.ts';
import * as linearAttention from './linear-attention.ts';
import * as locallyConnected from './locally-connected.ts';
import * as loss from './loss.ts';
import * as lpNormalization from './lp-normalization.ts';
import * as lrn from './lrn.ts';
import * as matmul from './matmul.ts';
import { MOVEMENT } from './movement.ts';
import * as normalization from './normalization.ts';
import * as opaque from './opaque.ts';
import * as optimizers from './optimizers.ts';
import { POINTWISE } from './pointwise-ops.ts';
import * as pooling from './pooling.ts';
import * as quantize from './quantize.ts';
import * as quantizedProducts from './quantized-products.ts';
import * as quantizedRange from './quantized-range.ts';
import * as queues from './queues.ts';
import * as random from './random.ts';
import * as recurrent from './recurrent.ts';
import { REDUCTIONS } from './reductions.ts';
import * as requantize from './requantize.ts';
import * as rotary from './rotary.ts';
import * as shape from './shape.ts';
import * as softmax from './softmax.ts';
import * as sparseUpdate from './sparse-update.ts';
import * as state from './state.ts';

/** Every op that there is. Adding one is a row in a family file, a line here, and a kernel in executor/. */
export const OPS = {
  Placeholder: state.placeholder,
  Constant: state.constant,
  Variable: state.variable,
  Assign: state.assign,
  AssignAdd: state.assignAdd,
  ApplySparseGradientDescent: sparseUpdate.applySparseGradientDescent,
  Requantize: requantize.requantize,
  QuantizedAdd: requantize.quantizedAdd,
  QuantizedMul: requantize.quantizedMul,
  ApplyGradientDescent: state.applyGradientDescent,
  ApplyMomentum: optimizers.applyMomentum,
  ApplyAdagrad: optimizers.applyAdagrad,
  ApplyAdam: optimizers.applyAdam,
  AccumulatorApply: state.accumulatorApply,
  AccumulatorTake: state.accumulatorTake,
  TokenEnqueue: state.tokenEnqueue,
  TokenDequeue: state.tokenDequeue,
  QueueEnqueue: queues.queueEnqueue,
  QueueDequeue: queues.queueDequeue,
  QueueClose: queues.queueClose,
  QueueSize: queues.queueSize,
  Save: checkpoint.save,
  Restore: checkpoint.restore,
  Send: state.send,
  Recv: state.recv,
  NoOp: state.noOp,
  Opaque: opaque.opaque,
  Fused: fused.fused,
  Add: elementwise.add,
  Sub: elementwise.sub,
  Mul: elementwise.mul,
  Div: elementwise.div,
  Neg: elementwise.neg,
  Exp: elementwise.exp,
  Log: elementwise.log,
  Sqrt: elementwise.sqrt,
  Relu: elementwise.relu,
  ReluGrad: elementwise.reluGrad,
  Sigmoid: elementwise.sigmoid,
  SigmoidGrad: elementwise.sigmoidGrad,
  Tanh: elementwise.tanh,
  TanhGrad: elementwise.tanhGrad,
  MatMul: matmul.matmul,
  Gemm: matmul.gemm,
  ...POINTWISE,
  ...REDUCTIONS,
  ...random.ROWS,
  Reshape: shape.reshape,
  Transpose: shape.transpose,
  Concat: shape.concat,
  Slice: shape.slice,
  SliceGrad: shape.sliceGrad,
  Expand: shape.expand,
  Identity: shape.identity,
  CopyToRanks: copyToRanks,
  Conv: convolution.conv,
  ConvInputGrad: convolution.convInputGrad,
  ConvFilterGrad: convolution.convFilterGrad,
  ConvTranspose: convolutionTranspose.convTranspose,
  MaxPool: pooling.maxPool,
  MaxPoolGrad: pooling.maxPoolGrad,
  MaxPoolIndices: pooling.maxPoolIndices,
  AveragePool: pooling.averagePool,
  AveragePoolGrad: pooling.averagePoolGrad,
  LpPool: pooling.lpPool,
  LpPoolGrad: pooling.lpPoolGrad,
  GlobalAveragePool: pooling.globalAveragePool,
  BatchNormalization: normalization.batchNormalization,
  BatchNormalizationGrad: normalization.batchNormalizationGrad,
  Softmax: softmax.softmax,
  LogSoftmax: softmax.logSoftmax,
  LayerNormalization: layerNormalization.layerNormalization,
  LayerNormalizationGrad: layerNormalization.layerNormalizationGrad,
  RMSNormalization: layerNormalization.rmsNormalization,
  RMSNormalizationGrad: layerNormalization.rmsNormalizationGrad,
  GroupNormalization: groupNormalization.groupNormalization,
  GroupNormalizationGrad: groupNormalization.groupNormalizationGrad,
  LRN: lrn.lrn,
  LRNGrad: lrn.lrnGrad,
  LpNormalization: lpNormalization.lpNormalization,
  LpNormalizationGrad: lpNormalization.lpNormalizationGrad,
  Dropout: dropout.dropout,
  DropoutGrad: dropout.dropoutGrad,
  SoftmaxCrossEntropyLoss: loss.softmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad: loss.softmaxCrossEntropyLossGrad,
  Det: determinant.det,
  DetGrad: determinant.detGrad,
  DeformConv: deformConvolution.deformConv,
  DeformConvGrad: deformConvolution.deformConvGrad,
  QuantizeLinear: quantize.quantizeLinear,
  DequantizeLinear: quantize.dequantizeLinear,
  DequantizeLinearGrad: quantize.dequantizeLinearGrad,
  DynamicQuantizeLinear: quantize.dynamicQuantizeLinear,
  MatMulInteger: quantizedProducts.matmulInteger,
  ConvInteger: quantizedProducts.convInteger,
  QLinearMatMul: quantizedProducts.qlinearMatmul,
  QLinearConv: quantizedProducts.qlinearConv,
  NegativeLogLikelihoodLoss: loss.negativeLogLikelihoodLoss,
  NegativeLogLikelihoodLossGrad: loss.negativeLogLikelihoodLossGrad,
  ...MOVEMENT,
  ...attention.ROWS,
  ...clock.ROWS,
  ...collective.ROWS,
  ...linearAttention.ROWS,
  ...locallyConnected.ROWS,
  ...quantizedRange.ROWS,
  ...recurrent.ROWS,
  ...rotary.ROWS,
} as const;

/** Names of the built-in ops. */
export type OpName = keyof typeof OPS;
/** Attributes of the op named K. */
export type AttrsOf<K extends OpName> = (typeof OPS)[K] extends Op<infer A> ? A : never;
