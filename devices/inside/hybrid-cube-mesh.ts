import type { LinkModel, Quantity } from '../device.ts';

/** Two GPUs and how many NVLinks join them. */
type Edge = readonly [number, number, number];

const SINGLE = (pairs: readonly (readonly [number, number])[]): Edge[] => pairs.map(([a, b]) => [a, b, 1]);
const DOUBLE = (pairs: readonly (readonly [number, number])[]): Edge[] => pairs.map(([a, b]) => [a, b, 2]);

/**
 * The NVLinks of a DGX-1 by GPU (NVIDIA, "NVIDIA DGX-1 with Tesla V100 System Architecture", white paper 2017, figure
 * 4; recalled, each GPU's number of links checked). Two fully connected groups of four, and each GPU joined to its
 * counterpart: with 4 links per GPU (P100) once each, with 6 (V100) some twice.
 */
export const HYBRID_CUBE_MESH: { readonly [linksPerGpu in 4 | 6]: readonly Edge[] } = {
  4: SINGLE([
    ...([0, 4].flatMap((g) => [
      [g, g + 1],
      [g, g + 2],
      [g, g + 3],
      [g + 1, g + 2],
      [g + 1, g + 3],
      [g + 2, g + 3],
    ]) as [number, number][]),
    ...([0, 1, 2, 3].map((g) => [g, g + 4]) as [number, number][]),
  ]),
  6: [
    ...SINGLE([
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 6],
      [3, 7],
      [4, 5],
      [4, 6],
      [5, 7],
    ]),
    ...DOUBLE([
      [0, 3],
      [0, 4],
      [1, 2],
      [1, 5],
      [2, 3],
      [4, 7],
      [5, 6],
      [6, 7],
    ]),
  ],
};

/** The share of a GPU's NVLinks that leads to one peer: `links` of `of` equal ones. */
export function shareOf(all: LinkModel, links: number, of: number): LinkModel {
  const part = (rate: Quantity): Quantity => ({ ...rate, value: (rate.value * links) / of });
  return {
    ...all,
    id: `${all.id} ${links}/${of}`,
    name: `${links} of ${of}: ${all.name}`,
    bytesPerSecond: part(all.bytesPerSecond),
    rawBytesPerSecond: part(all.rawBytesPerSecond),
  };
}
