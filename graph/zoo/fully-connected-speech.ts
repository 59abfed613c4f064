import type { Value } from '../builder.ts';
import { mul, sigmoid, sub } from '../ops/elementwise.ts';
import { reduceLogSumExp } from '../ops/norms.ts';
import { reduceMean, reduceSum } from '../ops/reduction.ts';
import { sum } from '../ops/several.ts';
import { type Authored, authored, crossEntropy } from './author.ts';
import { denseShare, labelShare } from './class-share.ts';
import type { Layers } from './layers.ts';
import { divided, joined, lengthOf, onPart, type Range, received, type Share } from './parts.ts';
import { setting } from './settings.ts';

/**
 * The acoustic model of Dean et al., "Large Scale Distributed Deep Networks", NIPS 2012, section 5: eleven frames of 40
 * log-energies, four hidden layers of 2,560 sigmoid units and a softmax over 8,192 states, each layer connected to all
 * of the one before: 41,777,152 parameters (the paper: approximately 42 million).
 *
 * Of a graph of parts (a choice of ours, as all below) each has its share of the units of every layer, is fed the frames, and
 * gets the activations of all others. The softmax stays divided: of its share of the logits a part tells only the logarithm of
 * the sum of their exponentials, and the label's logit.
 */
export const speechDnn = authored(
  {
    name: 'speech-dnn',
    description: 'fully connected acoustic model of DistBelief (2012), 42 million parameters',
  },
  {
    settings: {
      inputs: setting(440, 1, 1_000_000, 'Numbers that describe a sample.'),
      hidden: setting(2560, 1, 1_000_000, 'Units of each hidden layer.'),
      layers: setting(4, 1, 100, 'Hidden layers.'),
      classes: setting(8192, 2, 10_000_000, 'Classes that there are.'),
    },
    splits: ['parts'],
    body: (layers, batch, { inputs, hidden, layers: depth, classes }, parts) => {
      const { builder } = layers;
      const fed = <T>(make: () => T): T[] =>
        Array.from({ length: parts }, (_, part) => onPart(builder, part, parts, make));
      const frames = fed(() => layers.numbers('frames', [batch, inputs]));
      const labels = fed(() => layers.integers('labels', [batch], classes));
      let inputOf = (part: number): Value => frames[part]!;
      for (let layer = 1; layer <= depth; layer++) {
        const name = `hidden${layer}`;
        const shares = builder.scope(name, () =>
          dense(layers, name, inputOf, hidden, parts, (z) => builder.add(sigmoid, [z], {})),
        );
        inputOf = (part) =>
          joined(
            builder,
            shares.map((share) => received(builder, share, part)),
            1,
          );
      }
      return builder.scope('softmax', () => {
        const logits = dense(layers, 'softmax', inputOf, classes, parts, (z) => z);
        if (logits.length > 1) return dividedSoftmax(layers, logits, labels, divided(classes, parts));
        const [{ value }] = logits as [Share];
        return { labels: labels[0]!, logits: value, loss: crossEntropy(layers, value, labels[0]!) };
      });
    },
  },
);

/** A dense layer of `units` whose shares are on the parts that have any; `inputOf`: all of its input, on a part. */
function dense(
  layers: Layers,
  name: string,
  inputOf: (part: number) => Value,
  units: number,
  parts: number,
  activation: (z: Value) => Value,
): Share[] {
  return divided(units, parts).flatMap((range, part) => {
    if (lengthOf(range) === 0) return [];
    const value = onPart(layers.builder, part, parts, () =>
      activation(denseShare(layers, name, inputOf(part), range, units)),
    );
    return [{ part, value }];
  });
}

/**
 * Mean of ln Σ exp(logits) − logits[label] over the rows, from shares of the classes: the logarithm of all sums is that of
 * the sum of the exponentials of the parts' own.
 */
function dividedSoftmax(
  layers: Layers,
  logits: readonly Share[],
  labels: readonly Value[],
  ranges: readonly Range[],
): Authored {
  const { builder } = layers;
  const parts = ranges.length;
  const row = { axes: [1], keepdims: true } as const;
  const told = logits.map(({ part, value }) =>
    onPart(builder, part, parts, () => {
      const chosen = builder.add(mul, [value, labelShare(layers, labels[part]!, ranges[part]!)], {});
      return {
        logSum: { part, value: builder.add(reduceLogSumExp, [value], row) },
        ofLabel: { part, value: builder.add(reduceSum, [chosen], row) },
      };
    }),
  );
  const { part: first } = logits[0]!;
  const onFirst = <T>(scope: string, make: (get: (share: Share) => Value) => T): T =>
    onPart(builder, first, parts, () =>
      builder.scope(scope, () => make((share) => received(builder, share, first))),
    );
  return {
    labels: labels[0]!,
    logits: onFirst('logits', (get) => joined(builder, logits.map(get), 1)),
    loss: onFirst('loss', (get) => {
      const logSums = told.map(({ logSum }) => get(logSum));
      const all = builder.add(reduceLogSumExp, [joined(builder, logSums, 1)], row);
      const chosen = told.map(({ ofLabel }) => get(ofLabel));
      const losses = builder.add(sub, [all, builder.add(sum, chosen, {})], {});
      return builder.add(reduceMean, [losses], { keepdims: false }, { name: 'mean' });
    }),
  };
}
