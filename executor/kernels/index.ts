import type { Kernels, KernelTable } from '../kernel.ts';
import * as attention from './attention.ts';
import * as checkpoint from './checkpoint.ts';
import * as convolution from './convolution.ts';
import * as deformConvolution from './deform-convolution.ts';
import * as determinant from './determinant.ts';
import * as dropout from './dropout.ts';
import * as elementwise from './elementwise.ts';
import { fusedBySteps } from './fused.ts';
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
import * as optimizers from './optimizers.ts';
import { POINTWISE } from './pointwise-ops.ts';
import * as pooling from './pooling.ts';
import * as quantize from './quantize.ts';
import * as quantizedProducts from './quantized-products.ts';
import * as quantizedRange from './quantized-range.ts';
import * as random from './random.ts';
import * as recurrent from './recurrent/index.ts';
import { REDUCTIONS } from './reductions.ts';
import * as requantize from './requantize.ts';
import * as rotary from './rotary.ts';
import * as shape from './shape.ts';
import * as softmax from './softmax.ts';
import * as sparseUpdate from './sparse-update.ts';
import * as state from './state.ts';

/** The reference kernel of every op: plain TypeScript, the living definition of what the op computes. */
export const KERNELS: KernelTable = {
  Fused: fusedBySteps((): Kernels => KERNELS),
  Constant: state.constant,
  Variable: state.variable,
  Assign: state.assign,
  AssignAdd: state.assignAdd,
  ApplySparseGradientDescent: sparseUpdate.applySparseGradientDescent,
  Requantize: requantize.requantize,
  QuantizedAdd: requantize.quantizedAdd,
  QuantizedMul: requantize.quantizedMul,
  ApplyGradientDescent: optimizers.applyGradientDescent,
  ApplyMomentum: optimizers.applyMomentum,
  ApplyAdagrad: optimizers.applyAdagrad,
  ApplyAdam: optimizers.applyAdam,
  NoOp: state.noOp,
  Save: checkpoint.save,
  Restore: checkpoint.restore,
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
  ...random.KERNELS,
  Reshape: shape.reshape,
  Transpose: shape.transpose,
  Concat: shape.concat,
  Slice: shape.slice,
  SliceGrad: shape.sliceGrad,
  Expand: shape.expand,
  Identity: shape.identity,
  CopyToRanks: shape.identity,
  ...MOVEMENT,
  Conv: convolution.conv,
  ConvInputGrad: convolution.convInputGrad,
  ConvFilterGrad: convolution.convFilterGrad,
  ConvTranspose: convolution.convTranspose,
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
  ...attention.KERNELS,
  ...linearAttention.KERNELS,
  ...locallyConnected.KERNELS,
  ...quantizedRange.KERNELS,
  ...recurrent.KERNELS,
  ...rotary.KERNELS,
};
