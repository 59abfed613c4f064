import { stream } from '../base/random.ts';
import type { Cluster } from '../devices/cluster.ts';
import { FluidNetwork } from '../sim/network/fluid.ts';
import { cpuSeconds } from './measure.ts';
import { star } from './sim/star.ts';

/*
 * The fluid network alone, without an engine: what a message costs by how many are under way. Whenever one arrives,
 * the next is sent at the same instant. "crowd": between hosts drawn at random, of sizes drawn at random, so that no
 * two rates change together. "ring": from each rank to the next, all of one size, so that all arrive together.
 */

/** Keeps `crowd` messages under way until `count` have arrived. */
function drive(
  network: FluidNetwork,
  routes: Int32Array,
  sizes: Float64Array,
  crowd: number,
  count: number,
): number {
  let sent = 0;
  const send = (transfer: number, now: number): void => {
    network.send(transfer, routes[sent % routes.length]!, sizes[sent % sizes.length]!, now);
    sent++;
  };
  for (let transfer = 0; transfer < crowd; transfer++) send(transfer, 0);
  network.settle(0);
  for (let arrived = 0; arrived < count; ) {
    const now = network.nextSeconds;
    for (let transfer = network.arrived(now); transfer >= 0; transfer = network.arrived(now)) {
      arrived++;
      send(transfer, now);
    }
    network.settle(now);
  }
  return network.nextSeconds;
}

const SIZES = 4093;
const ROUTES = 65_521;

function crowd(hosts: number, under: number, count: number): number {
  const cluster = star(hosts);
  const random = stream(1, 'crowd');
  const sizes = Float64Array.from({ length: SIZES }, () => 1e3 * (1 + 99 * random.uniform()));
  return cpuSeconds(3, () => {
    const network = new FluidNetwork(cluster.links);
    const pairs = stream(1, 'pairs');
    const routes = Int32Array.from({ length: ROUTES }, () => {
      const from = pairs.below(hosts);
      return network.addRoute(cluster.route(from, (from + 1 + pairs.below(hosts - 1)) % hosts));
    });
    drive(network, routes, sizes, under, count);
  });
}

function ring(cluster: Cluster, rounds: number): number {
  const ranks = cluster.devices.length;
  return cpuSeconds(3, () => {
    const network = new FluidNetwork(cluster.links);
    const routes = Int32Array.from({ length: ranks }, (_, rank) =>
      network.addRoute(cluster.route(rank, (rank + 1) % ranks)),
    );
    drive(network, routes, Float64Array.of(1024), ranks, ranks * rounds);
  });
}

const microseconds = (seconds: number, count: number): string =>
  ((seconds / count) * 1e6).toFixed(2).padStart(8);

console.log('                          under way   µs per message');
for (const hosts of [12, 96]) {
  for (const under of [16, 128, 1024, 4096]) {
    const count = 50_000;
    console.log(
      `crowd, ${String(hosts).padEnd(4)} hosts         ${String(under).padStart(6)}     ${microseconds(crowd(hosts, under, count), count)}`,
    );
  }
}
for (const ranks of [64, 1024, 4096]) {
  const rounds = Math.ceil(200_000 / ranks);
  console.log(
    `ring,  ${String(ranks).padEnd(4)} ranks         ${String(ranks).padStart(6)}     ${microseconds(ring(star(ranks), rounds), ranks * rounds)}`,
  );
}
