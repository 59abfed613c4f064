import type { GraphBuilder, Value } from '../builder.ts';
import { fail, type Op } from '../op.ts';
import { elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, type NoAttrs, rank, takes } from './checks.ts';
import { vectorWork } from './costs.ts';
import { add, exp, mul, sub } from './elementwise.ts';
import { reduceSum } from './reduction.ts';

/** Checks scores [N, C] and labels int64 [N]. */
function classification(scores: TensorSpec, labels: TensorSpec): void {
  rank(scores, 2, 'the scores (batch, classes)');
  floatType([scores]);
  if (labels.dtype !== 'int64' || !sameShape(labels.shape, [scores.shape[0]!])) {
    fail(`the labels must be int64[${scores.shape[0]}], not ${formatSpec(labels)}`);
  }
}

/**
 * (scores [N, C], labels int64 [N]) → the mean over the batch of −log softmax(scores)[label], and log softmax
 * [N, C]. Flops per score: 5 (comparison, subtraction, exp, addition, subtraction of the logarithm); per row: 2 (the
 * logarithm, one addition into the mean).
 */
export const softmaxCrossEntropyLoss: Op<NoAttrs> = {
  name: 'SoftmaxCrossEntropyLoss',
  infer: (inputs) => {
    takes(inputs, 2, 2, 'scores and labels');
    const [scores, labels] = inputs as [TensorSpec, TensorSpec];
    classification(scores, labels);
    return [{ dtype: scores.dtype, shape: [] }, scores];
  },
  cost: (inputs, outputs) => {
    const [n, c] = inputs[0]!.shape;
    return vectorWork(n! * (5 * c! + 2), inputs, outputs);
  },
  gradient: ({ builder, inputs: [, labels], outputs: [, logProb], dy: [dLoss, dLogProb] }) => {
    const fromLoss = dLoss && builder.add(softmaxCrossEntropyLossGrad, [dLoss, logProb!, labels!], {});
    const fromLogProb = dLogProb && logSoftmaxGradient(builder, dLogProb, logProb!);
    return [
      fromLoss && fromLogProb ? builder.add(add, [fromLoss, fromLogProb], {}) : (fromLoss ?? fromLogProb),
    ];
  },
};

/** The gradient of z in log softmax(z), from the gradient that arrived there: g − softmax(z)·Σ g. */
function logSoftmaxGradient(builder: GraphBuilder, g: Value, logProb: Value): Value {
  const sum = builder.add(reduceSum, [g], { axes: [1], keepdims: true });
  const spread = builder.add(mul, [builder.add(exp, [logProb], {}), sum], {});
  return builder.add(sub, [g, spread], {});
}

/**
 * (d(loss), log softmax [N, C], labels) → d(scores) = d(loss)/N · (softmax − one-hot label). Two flops per score
 * (exp, multiplication) and one per row (subtraction at the label).
 */
export const softmaxCrossEntropyLossGrad: Op<NoAttrs> = {
  name: 'SoftmaxCrossEntropyLossGrad',
  infer: (inputs) => {
    takes(inputs, 3, 3, 'the gradient of the loss, log probabilities and labels');
    const [dLoss, logProb, labels] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    rank(dLoss, 0, 'the gradient of the loss');
    classification(logProb, labels);
    return [logProb];
  },
  cost: (inputs, outputs) =>
    vectorWork(2 * elementCount(inputs[1]!.shape) + inputs[2]!.shape[0]!, inputs, outputs),
};
