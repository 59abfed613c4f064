import { UserError } from '../../base/errors.ts';
import type { LinkModel } from '../device.ts';
import { type Fabric, joinHost } from './fabric.ts';

export interface SingleSwitchDescription {
  readonly kind: 'single-switch';
  /** Links between switches, where jobs name several. */
  readonly trunks?: readonly {
    readonly between: readonly [string, string];
    readonly model: LinkModel;
  }[];
}

/** Each host by its own link to the switch that its job names: one for all unless several are named. */
export const singleSwitch: Fabric<SingleSwitchDescription> = {
  summary: 'One switch joins all hosts; each has one link to it.',
  problem: () => undefined,
  start: ({ trunks = [] }, wiring) => ({
    host: (host) => {
      if (host.nic === undefined) return;
      if (!wiring.nodes.has(host.hub)) wiring.switch(host.hub);
      joinHost(host, host.hub, wiring);
    },
    finish: () => {
      for (const { between, model } of trunks) {
        for (const name of between) {
          if (wiring.nodes.get(name)?.kind !== 'switch')
            throw new UserError(`no job is joined to the switch "${name}"`);
        }
        wiring.join(between[0], between[1], model);
      }
    },
  }),
};
