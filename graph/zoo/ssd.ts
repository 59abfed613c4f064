import type { Value } from '../builder.ts';
import { split } from '../ops/rearrange.ts';
import { authored } from './author.ts';
import { biasedConvolution, boxLoss, ofAllBoxes } from './detection.ts';
import type { Layers } from './layers.ts';
import { type Model, SAMPLES } from './model.ts';
import { residualStage, stem } from './residual-blocks.ts';
import { setting } from './settings.ts';

/** Boxes at each position of the six feature maps: of 300 pixels 38², 19², 10², 5², 3² and 1² positions, 8,732 boxes. */
const BOXES = [4, 6, 6, 6, 4, 4];

/** Filters of the 1×1 and the 3×3 convolution before each further map, in widths of the stem; the last two pad nothing. */
const FURTHER = [
  { narrow: 4, wide: 8, stride: 2, padding: 'same' },
  { narrow: 4, wide: 8, stride: 2, padding: 'same' },
  { narrow: 2, wide: 4, stride: 2, padding: 'same' },
  { narrow: 2, wide: 4, stride: 1, padding: 'valid' },
  { narrow: 2, wide: 4, stride: 1, padding: 'valid' },
] as const;

/** Filters of heads are a multiple of this. */
const ALIGNED = 8;

/**
 * Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016, on a ResNet-34 as MLPerf Training had it from v0.5 to v1.1
 * (mlcommons/training, single_stage_detector, ssd300.py): without the backbone's last stage, the stage before it of stride 1, and
 * further maps by convolutions with bias. 81 classes: the 80 of COCO, and nothing. As in NVIDIA's program of v0.6 and v0.7, one
 * convolution per map makes scores and offsets, with filters added that nothing reads, for matrix units to take it. The loss is
 * a stand-in: see `boxLoss`.
 */
export const ssdResnet34: Model = authored(
  { name: 'ssd-resnet-34', description: 'SSD on ResNet-34 (MLPerf Training to v1.1), 300×300 images' },
  {
    settings: {
      image: setting(300, 257, 2048, 'Pixels along an edge of an image.'),
      classes: setting(81, 2, 100_000, 'Classes that there are.'),
      width: setting(64, 1, 512, 'Filters of the first convolution.'),
    },
    body: (layers, batch, { image, classes, width }) => {
      const samples = layers.numbers(SAMPLES, [batch, 3, image, image]);
      const maps = featureMaps(layers, samples, width);
      const found = maps.map((map, i) => head(layers, `head${i + 1}`, map, BOXES[i]!, classes));
      const scores = ofAllBoxes(
        layers,
        found.map(([ofClasses]) => ofClasses),
        classes,
      );
      return boxLoss(
        layers,
        scores,
        ofAllBoxes(
          layers,
          found.map(([, offsets]) => offsets),
          4,
        ),
      );
    },
  },
);

/** The six maps, each made from the last. */
function featureMaps(layers: Layers, samples: Value, width: number): Value[] {
  let x = layers.boundary(stem(layers, samples, width));
  for (const stage of [0, 1, 2] as const) {
    const shape = { depth: 34, stage, width, ...(stage === 2 && { stride: 1 }) } as const;
    x = residualStage(layers, x, shape, (y) => layers.boundary(y));
  }
  const maps = [x];
  for (const [i, { narrow, wide, stride, padding }] of FURTHER.entries()) {
    const y = layers.convRelu(`further${i + 1}_1`, x, {
      filters: narrow * width,
      kernel: [1, 1],
      padding: 'same',
    });
    x = layers.convRelu(`further${i + 1}_2`, y, { filters: wide * width, kernel: [3, 3], stride, padding });
    maps.push(x);
  }
  return maps;
}

/** Scores [batch, boxes · classes, height, width] and offsets [batch, boxes · 4, height, width] of the boxes of a map. */
function head(
  layers: Layers,
  name: string,
  map: Value,
  boxes: number,
  classes: number,
): readonly [scores: Value, offsets: Value] {
  const read = [boxes * classes, boxes * 4];
  const needed = boxes * (classes + 4);
  const filters = Math.ceil(needed / ALIGNED) * ALIGNED;
  const both = biasedConvolution(layers, name, { channels: map.spec.shape[1]!, filters })(map);
  const parts = filters === needed ? read : [...read, filters - needed];
  const { outputs } = layers.builder.node(split, [both], { axis: 1, split: parts });
  return [outputs[0]!, outputs[1]!];
}
