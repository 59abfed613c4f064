import { type Fabric, wrongCount } from './fabric.ts';
import {
  balancedSizes,
  type DirectDescription,
  direct,
  directProblem,
  gridDiameter,
  membersOf,
  type Wrap,
  wireGrid,
} from './grid.ts';

export interface TorusDescription extends DirectDescription {
  readonly kind: 'torus';
  /** Nodes along each dimension, e.g. [4, 4, 4]; their product is the number of nodes. */
  readonly sizes?: readonly number[];
  /** Instead of `sizes`: so many dimensions, as equal as the number of nodes allows. 2 unless given. */
  readonly dimensions?: number;
  /** Whether each dimension closes to a ring, or the length from which one does: true unless given; false makes it a mesh. */
  readonly wrap?: Wrap;
}

/**
 * A torus or mesh of hosts, or of accelerators that forward messages themselves, as TPU pods are (Jouppi et al., "A
 * domain-specific supercomputer for training deep neural networks", CACM 2020: v2 and v3 in two dimensions; "TPU v4",
 * ISCA 2023: in three). Shortest routes correct one coordinate after the other; ECMP mixes the orders.
 *
 * Left out: accelerators follow each other along the first dimension in the order of their hosts, where real pods give
 * each host a block.
 */
export const torus: Fabric<TorusDescription> = {
  summary:
    'Hosts, or accelerators (TPU pods), in a grid of 1 to 3 dimensions, each joined to its neighbours.',
  problem: (description, sites) => {
    const count = membersOf(description, sites);
    const { sizes } = description;
    const wrong = wrongCount({
      dimensions: description.dimensions,
      ...Object.fromEntries((sizes ?? []).map((size, i) => [`size ${i + 1}`, size])),
    });
    if (wrong !== undefined) return wrong;
    const product = sizes?.reduce((a, b) => a * b, 1) ?? count;
    const what = description.of ?? 'hosts';
    if (sizes !== undefined && product !== count)
      return `a torus of ${sizes.join(' × ')} has places for ${product} ${what}, and there are ${count}`;
    return directProblem(description, sites);
  },
  start: (description, wiring, sites) => {
    const { wrap = true, dimensions = 2 } = description;
    const sizes = description.sizes ?? balancedSizes(membersOf(description, sites), dimensions);
    return direct(description, wiring, gridDiameter(sizes, wrap), (nodes, link) =>
      wireGrid(nodes, sizes, wrap, link, wiring),
    );
  },
};
