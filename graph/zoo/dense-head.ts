import type { Value } from '../builder.ts';
import type { Layers } from './layers.ts';
import { setting } from './settings.ts';

/** The settings of the dense layers that AlexNet and VGG end with. */
export const headSettings = {
  dense: setting(4096, 1, 1_000_000, 'Width of the two hidden dense layers.'),
};

/** Images → two dense layers with ReLU → a column per class. */
export function denseHead(
  layers: Layers,
  x: Value,
  { dense, classes }: { readonly dense: number; readonly classes: number },
): Value {
  const fc6 = layers.boundary(layers.denseRelu('fc6', layers.flatten(x), dense));
  const fc7 = layers.boundary(layers.denseRelu('fc7', fc6, dense));
  return layers.dense('fc8', fc7, classes);
}
