import type { Fabric } from './fabric.ts';
import { type DirectDescription, direct, directProblem, membersOf } from './grid.ts';

export interface FullyConnectedDescription extends DirectDescription {
  readonly kind: 'fully-connected';
}

/** Their links are as many as the square of this: a million. */
const MOST = 1000;

/** A link of its own between any two: n (n − 1) / 2 of them, one hop each. */
export const fullyConnected: Fabric<FullyConnectedDescription> = {
  summary: 'Every two hosts, or accelerators, have a link of their own.',
  problem: (description, sites) => {
    const count = membersOf(description, sites);
    if (count > MOST) return `it joins at most ${MOST} by a link for each two, and there are ${count}`;
    return directProblem(description, sites);
  },
  start: (description, wiring) => ({
    ...direct(description, wiring, 1, (nodes, link) => {
      for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) wiring.join(a, b, link);
    }),
    devicesForward: false,
  }),
};
