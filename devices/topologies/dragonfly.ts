import type { LinkModel } from '../device.ts';
import { atTheEnd, type Fabric, joinHost, nicOf, trunkLike, wrongCount } from './fabric.ts';

export interface DragonflyDescription {
  readonly kind: 'dragonfly';
  /** p: hosts on each router. */
  readonly hostsPerRouter: number;
  /** a: routers in each group, every two of them joined. */
  readonly routersPerGroup: number;
  /** h: links of each router to other groups. */
  readonly globalsPerRouter: number;
  /** Between routers of a group; as the hosts' links unless given. */
  readonly local?: LinkModel;
  /** Between groups; as `local` unless given. */
  readonly global?: LinkModel;
}

/** Two of them are longer than local, global, local: a route crosses one group boundary, never two. */
const GLOBAL_DISTANCE = 3;

/**
 * A dragonfly: Kim, Dally, Scott and Abts, "Technology-driven, highly-scalable dragonfly topology" (ISCA 2008),
 * section 3.1: groups of fully connected routers, at most a·h + 1 of them, every two joined by as many global links as
 * fit evenly. Global links of a group go to the other groups in order (consecutive arrangement: the first router to
 * the first h of them). Routes are minimal: at most local, global, local. Hosts fill routers in order.
 *
 * Left out: routes over a third group that avoid congestion (Valiant's, UGAL).
 */
export const dragonfly: Fabric<DragonflyDescription> = {
  summary: 'Groups of fully connected routers, every two groups joined by global links.',
  problem: (description, { hosts }) => {
    const { hostsPerRouter: p, routersPerGroup: a, globalsPerRouter: h } = description;
    const wrong = wrongCount({ 'hosts per router': p, 'routers per group': a, 'global links per router': h });
    if (wrong !== undefined) return wrong;
    const groups = Math.ceil(hosts / (p * a));
    if (groups <= a * h + 1) return undefined;
    return `${hosts} hosts make ${groups} groups of ${p * a}, and ${a} routers of ${h} global links reach ${a * h} others`;
  },
  start: (description, wiring) =>
    atTheEnd((hosts) => {
      const { hostsPerRouter: p, routersPerGroup: a, globalsPerRouter: h } = description;
      const local = description.local ?? trunkLike(nicOf(hosts[0]!));
      const global = description.global ?? local;
      const groups = Math.ceil(hosts.length / (p * a));
      const name = (group: number, router: number): string => `router-${group}-${router}`;

      for (let group = 0; group < groups; group++) {
        for (let router = 0; router < a; router++) {
          wiring.switch(name(group, router));
          const first = (group * a + router) * p;
          for (const host of hosts.slice(first, first + p)) joinHost(host, name(group, router), wiring);
        }
        for (let i = 0; i < a; i++) {
          for (let j = i + 1; j < a; j++) wiring.join(name(group, i), name(group, j), local);
        }
      }
      const each = Math.floor((a * h) / Math.max(1, groups - 1));
      /** The router of `group` that holds its n-th link to `other`. */
      const holder = (group: number, other: number, n: number): string => {
        const port = n * (groups - 1) + (other < group ? other : other - 1);
        return name(group, Math.floor(port / h));
      };
      for (let i = 0; i < groups; i++) {
        for (let j = i + 1; j < groups; j++) {
          for (let n = 0; n < each; n++)
            wiring.join(holder(i, j, n), holder(j, i, n), global, GLOBAL_DISTANCE);
        }
      }
    }),
};
