import { UserError } from '../../base/errors.ts';
import type { LinkModel } from '../device.ts';
import { atTheEnd, type Fabric, type HostPorts, nicOf, trunkLike, wrongCount } from './fabric.ts';

export interface RailDescription {
  readonly kind: 'rail';
  /** Between switches; as the hosts' links unless given. */
  readonly trunk?: LinkModel;
  /** Switches that join the rails: each rail switch has a trunk to each. None leaves every rail to itself. */
  readonly spines: number;
  /** Hosts that share one switch per rail; all unless given. */
  readonly hostsPerGroup?: number;
}

/** Farther than any way over rails and spines, so that a host's own link carries only what starts or ends there. */
const HOST_DISTANCE = 8;

/**
 * A rail-optimised network (NVIDIA DGX SuperPOD reference architecture): the i-th adapter of every host in a group
 * joins the i-th switch, its rail, so that accelerators of equal index meet in one hop and rails only meet in the
 * spines. Adapters sit on the PCIe switches of the host's accelerators, where there are some, else one on each
 * accelerator, in reach of it without the host's memory; the host itself then has a link to the first rail too, as
 * have hosts without accelerators.
 */
export const rail: Fabric<RailDescription> = {
  summary:
    'The i-th network adapter of every host joins the i-th switch; spines join these (rail-optimised).',
  problem: ({ spines, hostsPerGroup }, { accelerators }) => {
    if (accelerators === 0) return 'rails join accelerators, and there are none';
    if (!Number.isInteger(spines) || spines < 0) return `spines must be 0 or more, got ${spines}`;
    return wrongCount({ 'hosts per group': hostsPerGroup });
  },
  start: ({ trunk, spines, hostsPerGroup }, wiring) =>
    atTheEnd((hosts) => {
      const perGroup = hostsPerGroup ?? hosts.length;
      const rails = Math.max(1, ...hosts.map(({ adapters }) => adapters.length));
      const link = trunk ?? trunkLike(nicOf(hosts[0]!));
      for (let spine = 0; spine < spines; spine++) wiring.switch(`spine-${spine}`);

      for (let group = 0; group * perGroup < hosts.length; group++) {
        const members = hosts.slice(group * perGroup, (group + 1) * perGroup);
        for (let i = 0; i < rails; i++) {
          const name = wiring.switch(`rail-${group}-${i}`);
          for (const host of members) joinTo(i, name, host);
          for (let spine = 0; spine < spines; spine++) wiring.join(name, `spine-${spine}`, link);
        }
      }

      function joinTo(i: number, name: string, host: HostPorts): void {
        const { adapters, accelerators } = host;
        if (adapters.length !== rails && adapters.length > 0) {
          throw new UserError(
            `host "${host.name}" has ${adapters.length} network adapters where others have ${rails} rails`,
          );
        }
        const adapter = adapters[i];
        if (adapter !== undefined) wiring.join(adapter, name, nicOf(host));
        // Accelerators pass nothing on, so adapters on them leave the host itself unjoined.
        const joined = adapter !== undefined && !accelerators.includes(adapter);
        if (i === 0 && !joined) wiring.join(host.name, name, nicOf(host), HOST_DISTANCE);
      }
    }),
};
