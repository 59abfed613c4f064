import type { Value } from '../builder.ts';
import { softplus } from '../ops/activation.ts';
import { arithmetic } from '../ops/arithmetic.ts';
import { mul, sub } from '../ops/elementwise.ts';
import { locallyConnected } from '../ops/locally-connected.ts';
import { lpPool } from '../ops/pooling.ts';
import { reduceSum } from '../ops/reduction.ts';
import { sum } from '../ops/several.ts';
import { type Authored, authored } from './author.ts';
import { denseShare, labelShare } from './class-share.ts';
import { contrastNormalized } from './contrast-normalization.ts';
import type { Layers } from './layers.ts';
import { LABELS, SAMPLES } from './model.ts';
import { divided, joined, lengthOf, onPart, parameterShare, received, type Share } from './parts.ts';
import { setting } from './settings.ts';
import { type Region, rasterOf, regionOn, type Seen, seen, type Tiled, windowed } from './tiles.ts';

/**
 * The image networks of Dean et al., "Large Scale Distributed Deep Networks", NIPS 2012, section 5: three stages of filters,
 * pooling and local contrast normalisation over images of 100×100 pixels; each unit of a filtering layer sees a patch of
 * 10×10 pixels of all maps below and has weights of its own; 8 to 36 units see the same patch; 21 thousand logistic classifiers.
 *
 * The paper leaves the rest to Le et al., "Building high-level features using large scale unsupervised learning", ICML 2012
 * (recalled): windows move by one pixel, filters are linear, pooling is the root of the sum of squares of 5×5 pixels, and so are the windows
 * of normalisation. Assumed: 3 colours; normalisation weighs its window evenly, and at an edge takes what there is of it; the
 * last pooling takes 13×13 pixels without overlap, so that the classifiers, which see all that it leaves, have few
 * weights. So 8, 16 and 36 maps make 90, 312 and 1,444 million parameters, where the paper has networks of 80, 330 and 1,700.
 *
 * Of a graph of parts (a choice of ours) each has a rectangle of the pixels of every layer with all maps, and its share of the
 * classes; it is fed its part of the images, gets the borders of its windows from its neighbours, and all that the last stage makes.
 */
export const locallyConnectedNetwork = authored(
  {
    name: 'locally-connected',
    description: 'image network of DistBelief (2012) whose units see patches, with weights of their own',
  },
  {
    settings: {
      image: setting(100, 1, 4096, 'Pixels along an edge of an image.'),
      maps: setting(8, 1, 4096, 'Units of a filtering layer that see the same patch.'),
      window: setting(10, 1, 64, 'Pixels along an edge of the patch that a unit sees.'),
      pool: setting(5, 1, 64, 'Pixels along an edge of the windows of pooling.'),
      last_pool: setting(13, 1, 64, 'The same of the last pooling, whose windows do not overlap.'),
      classes: setting(21_000, 2, 10_000_000, 'Classes that there are.'),
    },
    splits: ['parts'],
    conflict: ({ image, window, pool, last_pool }) => {
      const left = image - 3 * (window - 1) - 2 * (pool - 1);
      return left > 0 && left % last_pool === 0
        ? undefined
        : `an image of ${image} pixels leaves ${Math.max(0, left)} for the last pooling, which divides them into windows of ${last_pool}`;
    },
    body: (layers, batch, { image, maps, window, pool, last_pool, classes }, parts) => {
      const { builder } = layers;
      const labels = Array.from({ length: parts }, (_, part) =>
        onPart(builder, part, parts, () => layers.integers(LABELS, [batch], classes)),
      );
      const fed: Seen = {
        extent: image,
        raster: rasterOf(parts),
        pixels: (part, { rows, columns }) =>
          builder.atRoot(() =>
            onPart(builder, part, parts, () =>
              layers.numbers(SAMPLES, [batch, 3, lengthOf(rows), lengthOf(columns)]),
            ),
          ),
      };
      const stage = (name: string, x: Seen, edge: number, stride: number): Tiled =>
        builder.scope(name, () => {
          const filters = builder.scope('filters', () => filtered(layers, name, x, maps, window));
          const pools = builder.scope('pool', () => pooled(layers, seen(builder, filters), edge, stride));
          return builder.scope('contrast', () => contrastNormalized(layers, pools));
        });
      const first = stage('stage1', fed, pool, 1);
      const second = stage('stage2', seen(builder, first), pool, 1);
      const x = stage('stage3', seen(builder, second), last_pool, last_pool);
      return builder.scope('classifiers', () => classified(layers, x, labels, classes));
    },
  },
);

/** Linear filters, those of each part for its own units. */
function filtered(layers: Layers, stage: string, x: Seen, maps: number, window: number): Tiled {
  const extent = x.extent - window + 1;
  return windowed(layers.builder, x, window, 1, (pixels, { rows, columns }) => {
    const channels = pixels.spec.shape[1]!;
    const whole = [extent, extent, maps, channels, window, window];
    const fans = [channels * window ** 2, maps * window ** 2] as const;
    const weights = parameterShare(layers, `${stage}/filters/weights`, whole, [rows, columns], fans);
    return layers.builder.add(locallyConnected, [pixels, weights], {});
  });
}

/** Roots of sums of squares. */
function pooled({ builder }: Layers, x: Seen, edge: number, stride: number): Tiled {
  const attrs = { kernel_shape: [edge, edge], strides: [stride, stride] };
  return windowed(builder, x, edge, stride, (pixels) => builder.add(lpPool, [pixels], attrs));
}

/**
 * A logistic classifier per class over all that the last stage made, and their losses −y·log σ(z) − (1 − y)·log(1 − σ(z)) =
 * softplus(z) − y·z, summed over the classes: the mean over the samples.
 */
function classified(layers: Layers, x: Tiled, labels: readonly Value[], classes: number): Authored {
  const { builder } = layers;
  const parts = labels.length;
  const all: Region = { rows: [0, x.extent], columns: [0, x.extent] };
  const shares = divided(classes, parts).flatMap((range, part) => {
    if (lengthOf(range) === 0) return [];
    return [
      onPart(builder, part, parts, () => {
        const features = layers.flatten(regionOn(builder, x, part, all));
        const z = denseShare(layers, 'classifiers', features, range, classes);
        const told = builder.add(mul, [labelShare(layers, labels[part]!, range), z], {});
        const losses = builder.add(sub, [builder.add(softplus, [z], {}), told], {});
        return {
          logits: { part, value: z },
          loss: { part, value: builder.add(reduceSum, [losses], { keepdims: false }) },
        };
      }),
    ];
  });
  const { part: first } = shares[0]!.logits;
  const onFirst = (scope: string, make: (get: (share: Share) => Value) => Value): Value =>
    onPart(builder, first, parts, () =>
      builder.scope(scope, () => make((share) => received(builder, share, first))),
    );
  return {
    labels: labels[0]!,
    logits: onFirst('logits', (get) =>
      joined(
        builder,
        shares.map(({ logits }) => get(logits)),
        1,
      ),
    ),
    loss: onFirst('loss', (get) => {
      const losses = shares.map(({ loss }) => get(loss));
      return arithmetic(builder).over(builder.add(sum, losses, {}), labels[0]!.spec.shape[0]!);
    }),
  };
}
