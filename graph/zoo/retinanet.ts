import type { Value } from '../builder.ts';
import { add, relu } from '../ops/elementwise.ts';
import { resize } from '../ops/resize.ts';
import { authored } from './author.ts';
import { biasedConvolution, boxLoss, ofAllBoxes } from './detection.ts';
import type { Layers } from './layers.ts';
import { type Model, SAMPLES } from './model.ts';
import { residualStage, stem } from './residual-blocks.ts';
import { setting } from './settings.ts';

/** Three sizes of three shapes at each position. */
const BOXES = 9;
/** Convolutions of a head before its last. */
const HEAD_DEPTH = 4;
const GROUPS = 32;

/**
 * Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, on a ResNeXt-50 32×4d as MLPerf Training has it since v2.0
 * (mlcommons/training, single_stage_detector, retinanet.py, after torchvision's): feature pyramid of 256 channels on 100²,
 * 50², 25², 13² and 7² positions of 800 pixels, 120,087 boxes, the 264 classes of OpenImages that it learns. Stem and first
 * stage are kept as pre-trained, and so is what normalises the others. The loss is a stand-in: see `boxLoss`.
 */
export const retinanet: Model = authored(
  {
    name: 'retinanet-resnext-50',
    description: 'RetinaNet on ResNeXt-50 32×4d (MLPerf Training from v2.0), 800×800 images',
  },
  {
    settings: {
      image: setting(800, 32, 4096, 'Pixels along an edge of an image.'),
      classes: setting(264, 2, 100_000, 'Classes that there are.'),
      width: setting(64, 16, 512, 'Filters of the first convolution.'),
    },
    conflict: ({ width }) =>
      width % (GROUPS / 2) === 0 ? undefined : `a width of ${width} does not make ${GROUPS} groups`,
    body: (layers, batch, { image, classes, width }) => {
      const samples = layers.numbers(SAMPLES, [batch, 3, image, image]);
      const maps = pyramid(layers, backbone(layers, samples, width), 4 * width);
      const scores = head(layers, 'scores', maps, 4 * width, classes);
      return boxLoss(layers, scores, head(layers, 'offsets', maps, 4 * width, 4));
    },
  },
);

/** What stages 2, 3 and 4 of the backbone make: maps 8, 16 and 32 times smaller than the images. */
function backbone(layers: Layers, samples: Value, width: number): Value[] {
  const variant = { groups: GROUPS, strideInMiddle: true };
  const stage = (x: Value, which: 0 | 1 | 2 | 3): Value =>
    residualStage(layers, x, { depth: 50, stage: which, width, variant });
  let x = layers.keeping('parameters', () => stage(stem(layers, samples, width), 0));
  return layers.keeping('normalization', () =>
    ([1, 2, 3] as const).map((which) => {
      x = stage(x, which);
      return x;
    }),
  );
}

/**
 * Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017: each map through a convolution of 1×1, plus the next smaller
 * one's result enlarged, then one of 3×3; and two smaller maps, by convolutions of stride 2 one after the other.
 */
function pyramid(layers: Layers, maps: readonly Value[], channels: number): Value[] {
  const { builder } = layers;
  const filters = channels;
  const merged: Value[] = [];
  for (const [i, map] of [...maps.entries()].reverse()) {
    const inner = { channels: map.spec.shape[1]!, filters, kernel: 1 } as const;
    const own = biasedConvolution(layers, `lateral${i + 3}`, inner)(map);
    const above = merged[0];
    if (above === undefined) {
      merged.unshift(own);
      continue;
    }
    const larger = builder.add(
      resize,
      [above],
      { shape: own.spec.shape, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      { name: `larger${i + 4}` },
    );
    merged.unshift(builder.add(add, [own, larger], {}));
  }
  const levels = merged.map((map, i) =>
    biasedConvolution(layers, `level${i + 3}`, { channels, filters })(map),
  );
  const sixth = biasedConvolution(layers, 'level6', { channels, filters, stride: 2 })(levels.at(-1)!);
  const seventh = biasedConvolution(layers, 'level7', { channels, filters, stride: 2 });
  return [...levels, sixth, seventh(builder.add(relu, [sixth], {}))];
}

/** `values` numbers for each box of each map, by the same convolutions on all maps: [batch, values, boxes]. */
function head(layers: Layers, name: string, maps: readonly Value[], channels: number, values: number): Value {
  const { builder } = layers;
  return builder.scope(name, () => {
    const hidden = Array.from({ length: HEAD_DEPTH }, (_, i) =>
      biasedConvolution(layers, `conv${i + 1}`, { channels, filters: channels }),
    );
    const last = biasedConvolution(layers, 'last', { channels, filters: BOXES * values });
    const ofMaps = maps.map((map) => last(hidden.reduce((x, conv) => builder.add(relu, [conv(x)], {}), map)));
    return ofAllBoxes(layers, ofMaps, values);
  });
}
