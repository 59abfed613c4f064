import type { ClusterLink } from '../../../devices/cluster.ts';
import { FluidNetwork, type LoadObserver } from '../../../sim/network/fluid.ts';
import { tinyCluster } from '../tiny.ts';
import type { Outcome, Script } from './max-min.ts';

/** Links of these capacities and latencies. */
export function linksOf(capacities: readonly number[], latencies: readonly number[]): readonly ClusterLink[] {
  return tinyCluster(
    ['a'],
    capacities.map((capacity, link) => [`link ${link}`, capacity, latencies[link]!] as const),
    {},
  ).links;
}

/** What the engine does with a network, for a script; `settled` is called whenever the rates of an instant are known. */
export function drive(
  script: Script,
  settled?: (network: FluidNetwork, now: number) => void,
  onLoad?: LoadObserver,
): Outcome & { readonly order: number[] } {
  const { capacities, latencies, messages, speeds } = script;
  const network = new FluidNetwork(linksOf(capacities, latencies));
  network.onLoad = onLoad;
  const finish = messages.map(() => Number.POSITIVE_INFINITY);
  const order: number[] = [];
  const agenda: { at: number; act: (now: number) => void }[] = [
    ...speeds.map(({ at, link, factor }) => ({ at, act: () => network.setSpeed(link, factor) })),
    ...messages.map(({ path, bytes, start }, m) => {
      const route = network.addRoute(Int32Array.from(path));
      return { at: start, act: (now: number) => network.send(m, route, bytes, now) };
    }),
    ...messages.flatMap(({ start, cancel }, m) => {
      const act = (now: number): void => {
        if (finish[m] !== Number.POSITIVE_INFINITY) return;
        network.cancel(m, now);
        finish[m] = Number.NaN;
      };
      return cancel === undefined || cancel < start ? [] : [{ at: cancel, act }];
    }),
  ].sort((a, b) => a.at - b.at);
  let now = 0;
  for (let next = 0; ; ) {
    const at = Math.min(network.nextSeconds, agenda[next]?.at ?? Number.POSITIVE_INFINITY);
    if (at === Number.POSITIVE_INFINITY) break;
    if (at < now) throw new Error(`time goes back from ${now} to ${at}`);
    now = at;
    for (let m = network.arrived(now); m >= 0; m = network.arrived(now)) {
      finish[m] = now;
      order.push(m);
    }
    for (; agenda[next]?.at === now; next++) agenda[next]!.act(now);
    network.settle(now);
    settled?.(network, now);
  }
  network.close(now);
  return { finish, bytes: [...network.bytes], busySeconds: [...network.busySeconds], order };
}
