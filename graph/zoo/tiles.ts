import type { GraphBuilder, Value } from '../builder.ts';
import { divided, joined, lengthOf, onPart, type Range, received, type Share } from './parts.ts';

/*
 * Images [N, C, H, W] of a graph that is cut into parts, each of which has a rectangle of them: with windows that see a
 * neighbourhood, only borders are sent.
 */

/** Parts as a rectangle: part r · across + c is in row r and column c. */
export interface Raster {
  readonly down: number;
  readonly across: number;
}

/** The rectangle that is nearest to a square: 9×9 of 81 parts, 8×16 of 128. */
export function rasterOf(parts: number): Raster {
  let down = Math.floor(Math.sqrt(parts));
  while (parts % down !== 0) down--;
  return { down, across: parts / down };
}

/** Square images, a tile on each part that has any pixels of them. */
export interface Tiled {
  readonly raster: Raster;
  /** Pixels along an edge. */
  readonly extent: number;
  /** By part; undefined on parts without pixels. */
  readonly tiles: readonly (Value | undefined)[];
}

/** A rectangle of pixels. */
export interface Region {
  readonly rows: Range;
  readonly columns: Range;
}

/** Authors the tile of each part that has any pixels of images of `extent` pixels along an edge. */
export function tiled(
  builder: GraphBuilder,
  raster: Raster,
  extent: number,
  tile: (part: number, region: Region) => Value,
): Tiled {
  const { down, across } = raster;
  const [rows, columns] = [divided(extent, down), divided(extent, across)];
  const tiles = rows.flatMap((ofRow, r) =>
    columns.map((ofColumn, c) => {
      if (lengthOf(ofRow) === 0 || lengthOf(ofColumn) === 0) return undefined;
      const part = r * across + c;
      return onPart(builder, part, down * across, () => tile(part, { rows: ofRow, columns: ofColumn }));
    }),
  );
  return { raster, extent, tiles };
}

/** A rectangle of tiled images, put together on part `to` from the tiles that it overlaps. */
export function regionOn(builder: GraphBuilder, images: Tiled, to: number, region: Region): Value {
  const { raster, extent, tiles } = images;
  const across = overlaps(divided(extent, raster.across), region.columns);
  const bands = overlaps(divided(extent, raster.down), region.rows).map(([r, rows]) => {
    const row = across.map(([c, columns]) => {
      const part = r * raster.across + c;
      const share: Share = { part, value: tiles[part]! };
      return received(builder, share, to, [
        [2, rows],
        [3, columns],
      ]);
    });
    return joined(builder, row, 3);
  });
  return joined(builder, bands, 2);
}

/** The shares that overlap `range`: their numbers, and where they do, counted from where the share begins. */
function overlaps(shares: readonly Range[], range: Range): (readonly [share: number, within: Range])[] {
  return shares.flatMap(([from, to], share) => {
    const within: Range = [Math.max(from, range[0]) - from, Math.min(to, range[1]) - from];
    return lengthOf(within) > 0 ? [[share, within] as const] : [];
  });
}

/** Images as a layer above sees them. */
export interface Seen {
  readonly raster: Raster;
  readonly extent: number;
  /** A rectangle of them, on a part. */
  readonly pixels: (part: number, region: Region) => Value;
}

export function seen(builder: GraphBuilder, images: Tiled): Seen {
  return { ...images, pixels: (part, region) => regionOn(builder, images, part, region) };
}

/**
 * A layer of windows of `edge` pixels that move by `stride`, without padding: each part computes its tile of the results,
 * from the pixels that their windows see.
 */
export function windowed(
  builder: GraphBuilder,
  { extent, raster, pixels }: Seen,
  edge: number,
  stride: number,
  layer: (pixels: Value, region: Region) => Value,
): Tiled {
  const sees = ([from, to]: Range): Range => [from * stride, (to - 1) * stride + edge];
  return tiled(builder, raster, Math.floor((extent - edge) / stride) + 1, (part, region) => {
    const { rows, columns } = region;
    return layer(pixels(part, { rows: sees(rows), columns: sees(columns) }), region);
  });
}
