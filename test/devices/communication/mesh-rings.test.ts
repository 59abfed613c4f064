import { describe, expect, it } from 'vitest';
import { meshRings } from '../../../devices/communication/mesh-rings.ts';
import { HYBRID_CUBE_MESH } from '../../../devices/inside/hybrid-cube-mesh.ts';

/** NVLinks between the first GPUs of a DGX-1. */
function dgx1(ranks: number, linksPerGpu: 4 | 6): number[][] {
  const links = Array.from({ length: ranks }, () => new Array<number>(ranks).fill(0));
  for (const [a, b, count] of HYBRID_CUBE_MESH[linksPerGpu]) {
    if (a >= ranks || b >= ranks) continue;
    links[a]![b] = count;
    links[b]![a] = count;
  }
  return links;
}

describe('rings through a DGX-1', () => {
  // Measured busbw of its V100s is 22.4 GB/s for each of these (vTrain): 22.6, 45.1, 85.4, 45.7, 87 and 134.5 GB/s.
  it.each([
    [2, 1],
    [3, 2],
    [4, 4],
    [6, 2],
    [7, 4],
    [8, 6],
  ])('%d V100s: %d', (ranks, count) => {
    const rings = meshRings(dgx1(ranks, 6))!;
    expect(rings.orders).toHaveLength(count);
    expect(rings.forwards).toBe(false);
  });

  it('the fifth V100 has links to the first alone, which passes on: two rings', () => {
    expect(meshRings(dgx1(5, 6))).toMatchObject({ orders: { length: 2 }, forwards: true });
  });

  it('8 P100s have 4 links each: 4 rings', () => {
    expect(meshRings(dgx1(8, 4))!.orders).toHaveLength(4);
  });

  it.each([3, 4, 6, 7, 8])('rings of %d share no direction of a link, and pass every GPU once', (ranks) => {
    const links = dgx1(ranks, 6);
    const used = links.map((row) => row.map(() => 0));
    for (const order of meshRings(links)!.orders) {
      expect([...order].sort((a, b) => a - b)).toEqual(links.map((_, rank) => rank));
      for (const [i, rank] of order.entries()) used[rank]![order[(i + 1) % ranks]!]!++;
    }
    for (const [a, row] of used.entries())
      for (const [b, count] of row.entries()) expect(count).toBeLessThanOrEqual(links[a]![b]!);
  });
});

it('there is no ring where a GPU has no link', () => {
  const links = [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 0],
  ];
  expect(meshRings(links)).toBeUndefined();
});
