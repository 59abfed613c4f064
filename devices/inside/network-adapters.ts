import type { LinkModel } from '../device.ts';
import type { Wiring } from '../topologies/wiring.ts';
import { halfLatency } from './half-latency.ts';

/** Longer than any way inside a host, so that adapters carry only what leaves it. */
const ADAPTER_DISTANCE = 8;
/** Longer still: accelerators leave by their own adapter, not over the host. */
const HOST_DISTANCE = 2 * ADAPTER_DISTANCE;

/**
 * The network adapters of one host, and what reaches them: adapter ⌊i·n/a⌋ of n serves accelerator i of a, peer to peer
 * below the PCIe switch that both are on (GPUDirect RDMA), hence beside the way to the host and without the host's
 * memory. The host itself, where CPUs are, leaves by the first. With one adapter, the host is the port.
 * Returns the nodes that what joins hosts is to join.
 *
 * Left out: an accelerator has one PCIe port for its adapter and its host, which share its bandwidth.
 */
export function attachAdapters(
  count: number,
  accelerators: readonly string[],
  host: string,
  bus: LinkModel,
  wiring: Wiring,
): readonly string[] {
  if (count === 1) return [host];
  const ports = Array.from({ length: count }, (_, i) => wiring.switch(`${host}/NIC:${i}`));
  const half = halfLatency(bus);
  for (const [i, accelerator] of accelerators.entries()) {
    const port = ports[Math.floor((i * count) / accelerators.length)]!;
    wiring.join(accelerator, port, half, ADAPTER_DISTANCE);
  }
  wiring.join(host, ports[0]!, half, HOST_DISTANCE);
  return ports;
}
