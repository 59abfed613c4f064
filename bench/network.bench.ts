import { stream } from '../base/random.ts';
import { FluidNetwork } from '../sim/network/fluid.ts';
import { cpuSeconds } from './measure.ts';
import { star } from './sim/star.ts';

/*
 * The fluid network alone, without an engine: what a message costs by how many are under way. Hosts have an up-link and
 * a down-link each, so a route is two links. Whenever a message arrives, another is sent at the same instant.
 *
 * crowd: between hosts drawn at random, of sizes drawn at random: each arrival changes the rates of many others.
 * ring: from each host to the next, all of one size: all arrive together, and no rate changes.
 */

const MESSAGES = 100_000;

interface Traffic {
  readonly hosts: number;
  readonly underWay: number;
  /** From and to which host, and how many bytes, in the order of sending; again from the beginning at the end. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly bytes: Float64Array;
}

function crowd(hosts: number, underWay: number): Traffic {
  const random = stream(1, 'crowd', hosts);
  const from = Int32Array.from({ length: 16_384 }, () => random.below(hosts));
  return {
    hosts,
    underWay,
    from,
    to: from.map((host) => (host + 1 + random.below(hosts - 1)) % hosts),
    bytes: Float64Array.from(from, () => 1e3 * (1 + 99 * random.uniform())),
  };
}

function ring(hosts: number): Traffic {
  const from = Int32Array.from({ length: hosts }, (_, host) => host);
  const to = from.map((host) => (host + 1) % hosts);
  return { hosts, underWay: hosts, from, to, bytes: new Float64Array(hosts).fill(1024) };
}

/** Microseconds per message, once all routes are known. */
function microseconds({ hosts, underWay, from, to, bytes }: Traffic, messages: number): number {
  const cluster = star(hosts);
  const network = new FluidNetwork(cluster.links);
  const routes = from.map((host, i) => network.addRoute(cluster.route(host, to[i]!)));
  let sent = 0;
  const send = (transfer: number, now: number): void => {
    const next = sent++ % routes.length;
    network.send(transfer, routes[next]!, bytes[next]!, now);
  };
  for (let transfer = 0; transfer < underWay; transfer++) send(transfer, 0);
  network.settle(0);
  const seconds = cpuSeconds(3, () => {
    for (let left = messages; left > 0; ) {
      const now = network.nextSeconds;
      for (let transfer = network.arrived(now); transfer >= 0; transfer = network.arrived(now)) {
        send(transfer, now);
        left--;
      }
      network.settle(now);
    }
  });
  return (seconds / messages) * 1e6;
}

console.log('traffic  hosts  under way  µs per message');
for (const [hosts, underWay] of [
  [12, 16],
  [12, 128],
  [12, 1024],
  [96, 16],
  [96, 128],
  [96, 1024],
  [96, 4096],
] as const) {
  // What takes long per message is measured over fewer.
  print('crowd', crowd(hosts, underWay), underWay > 1000 ? MESSAGES / 10 : MESSAGES);
}
for (const hosts of [64, 1024, 4096]) print('ring', ring(hosts), 4 * MESSAGES);

function print(name: string, traffic: Traffic, messages: number): void {
  const cells = [name.padEnd(7), String(traffic.hosts).padStart(6), String(traffic.underWay).padStart(10)];
  console.log(`${cells.join(' ')}  ${microseconds(traffic, messages).toFixed(2).padStart(14)}`);
}
