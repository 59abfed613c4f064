import type { Fabric } from './fabric.ts';
import { type DirectDescription, direct, directProblem, gridDiameter, membersOf, wireGrid } from './grid.ts';

export interface RingDescription extends DirectDescription {
  readonly kind: 'ring';
}

/** Each joined to the next, and the last to the first: links in both directions. Two are joined once. */
export const ring: Fabric<RingDescription> = {
  summary: 'Each host, or accelerator, is joined to the next, and the last to the first.',
  problem: directProblem,
  start: (description, wiring, sites) => {
    const sizes = [membersOf(description, sites)];
    return direct(description, wiring, gridDiameter(sizes, true), (nodes, link) =>
      wireGrid(nodes, sizes, true, link, wiring),
    );
  },
};
