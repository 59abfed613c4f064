import { UserError, unknownName } from '../../base/errors.ts';
import type { LinkModel } from '../device.ts';
import type { Fabric } from './fabric.ts';

export interface CustomTopologyDescription {
  readonly kind: 'custom';
  readonly switches: readonly string[];
  /** Each in both directions. Ends are switches, hosts (`worker/0`) and accelerators (`worker/0/GPU:1`). */
  readonly links: readonly {
    readonly between: readonly [string, string];
    readonly model: LinkModel;
    /** How much it counts in the length of routes: 1 unless given. */
    readonly distance?: number;
  }[];
}

/** What the user lists: nothing is joined but by its links. */
export const custom: Fabric<CustomTopologyDescription> = {
  summary: 'Switches and links as listed.',
  problem: () => undefined,
  start: ({ switches, links }, wiring) => ({
    host: () => {},
    finish: () => {
      for (const name of switches) {
        if (name === '' || name.includes('/'))
          throw new UserError(`switch "${name}": a name without "/" is needed`);
        if (wiring.nodes.has(name)) throw new UserError(`switch "${name}" is given twice`);
        wiring.switch(name);
      }
      for (const { between, model, distance } of links) {
        const [a, b] = between.map((name) => {
          const node = wiring.node(name);
          if (node === undefined) throw new UserError(unknownName('end of a link', name, wiring.names()));
          return node;
        });
        if (a === b) throw new UserError(`the link between "${between[0]}" and itself leads nowhere`);
        wiring.join(a!, b!, model, distance);
      }
    },
  }),
};
