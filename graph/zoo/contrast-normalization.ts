import type { Value } from '../builder.ts';
import { arithmetic } from '../ops/arithmetic.ts';
import { mul, relu, sqrt, sub } from '../ops/elementwise.ts';
import { averagePool } from '../ops/pooling.ts';
import { reduceMean } from '../ops/reduction.ts';
import { concat, slice } from '../ops/shape.ts';
import type { Layers } from './layers.ts';
import type { Range } from './parts.ts';
import { regionOn, type Tiled, tiled } from './tiles.ts';

/** Pixels along an edge of the windows (Le et al. 2012, recalled). */
const WINDOW = 5;
/** What keeps a contrast of nothing from being divided by: Le et al. take the greater of 0.01 and the deviation (recalled). */
const LEAST_DEVIATION = 0.01;

/**
 * Local contrast normalisation, subtractive and divisive (Jarrett et al. 2009): (x − m) / √(v + 0.01²) with mean m and
 * variance v of all maps in the window around a pixel. Parts send each other the borders of two maps only, the means
 * over all maps of x and of x².
 */
export function contrastNormalized({ builder }: Layers, x: Tiled): Tiled {
  const overMaps = (value: Value): Value => builder.add(reduceMean, [value], { axes: [1] });
  const moments = tiled(builder, x.raster, x.extent, (part) => {
    const own = x.tiles[part]!;
    return builder.add(concat, [overMaps(own), overMaps(builder.add(mul, [own, own], {}))], { axis: 1 });
  });
  return tiled(builder, x.raster, x.extent, (part, { rows, columns }) => {
    const [down, across] = [windowAround(rows, x.extent), windowAround(columns, x.extent)];
    const pixels = regionOn(builder, moments, part, { rows: down.seen, columns: across.seen });
    const means = builder.add(averagePool, [pixels], {
      kernel_shape: [WINDOW, WINDOW],
      pads: [down.missing[0], across.missing[0], down.missing[1], across.missing[1]],
    });
    const map = (at: number): Value =>
      builder.add(slice, [means], { axes: [1], starts: [at], ends: [at + 1] });
    const { plus, over } = arithmetic(builder);
    const mean = map(0);
    // Not below 0 but by rounding.
    const variance = builder.add(
      relu,
      [builder.add(sub, [map(1), builder.add(mul, [mean, mean], {})], {})],
      {},
    );
    const deviation = builder.add(sqrt, [plus(variance, LEAST_DEVIATION ** 2)], {});
    return over(builder.add(sub, [x.tiles[part]!, mean], {}), deviation);
  });
}

/** What there is within half a window of a range of 0 … extent − 1, and how much is missing at either end. */
function windowAround([from, to]: Range, extent: number): { readonly seen: Range; readonly missing: Range } {
  const half = (WINDOW - 1) / 2;
  const seen: Range = [Math.max(0, from - half), Math.min(extent, to + half)];
  return { seen, missing: [seen[0] - (from - half), to + half - seen[1]] };
}
