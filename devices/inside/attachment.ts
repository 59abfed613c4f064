import type { LinkModel } from '../device.ts';
import type { Wiring } from '../topologies/wiring.ts';
import { halfLatency } from './half-latency.ts';

/** How accelerators hang on their host; a bus of its own for each unless it is a tree. */
export interface PcieTreeDescription {
  /** Accelerators that share a PCIe switch and its link upwards. */
  readonly acceleratorsPerSwitch: number;
  /** PCIe switches on the host bridge of one socket; all unless given. */
  readonly switchesPerSocket?: number;
  /** Between sockets (QPI, UPI, Infinity Fabric); needed where there are several. */
  readonly socketLink?: LinkModel;
}

/** Each accelerator by its own link to the host. Returns where network adapters sit: on the accelerators. */
export function attachByBus(
  accelerators: readonly string[],
  host: string,
  bus: LinkModel,
  distance: number,
  wiring: Wiring,
): readonly string[] {
  for (const accelerator of accelerators) wiring.join(accelerator, host, bus, distance);
  return accelerators;
}

/** Ways that stay below a socket are preferred to equally long ones over the network. */
const UPLINK_DISTANCE = 2;

/**
 * Accelerators below PCIe switches, these below the host bridges of sockets, and sockets in a chain. The host's node is
 * its first socket, with the CPU device and the host's network link. A link of the bus's bandwidth and half of its
 * latency leads from each accelerator to its switch, and from each switch upwards: alone, an accelerator reaches its
 * host as fast as over a bus of its own, and those of one switch share what leads upwards. Returns the PCIe switches:
 * where network adapters sit.
 */
export function attachByTree(
  accelerators: readonly string[],
  host: string,
  bus: LinkModel,
  { acceleratorsPerSwitch, switchesPerSocket, socketLink }: PcieTreeDescription,
  distance: number,
  wiring: Wiring,
): readonly string[] {
  const half = halfLatency(bus);
  const switches = Math.ceil(accelerators.length / acceleratorsPerSwitch);
  const perSocket = switchesPerSocket ?? switches;
  const names: string[] = [];
  let socket = host;
  for (let i = 0; i < switches; i++) {
    if (i > 0 && i % perSocket === 0) {
      const next = wiring.switch(`${host}/socket:${i / perSocket}`);
      wiring.join(socket, next, socketLink ?? bus, UPLINK_DISTANCE);
      socket = next;
    }
    const name = wiring.switch(`${host}/pcie:${i}`);
    names.push(name);
    for (const accelerator of accelerators.slice(
      i * acceleratorsPerSwitch,
      (i + 1) * acceleratorsPerSwitch,
    )) {
      wiring.join(accelerator, name, half, distance);
    }
    wiring.join(name, socket, half, UPLINK_DISTANCE);
  }
  return names;
}
