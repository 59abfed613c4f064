import { expect, it } from 'vitest';
import { CATALOG } from '../../../devices/catalog/catalog.ts';
import { groupPaths } from '../../../devices/communication/group-paths.ts';
import { gpuHosts, gpus, nvswitch } from './clusters.ts';

it('NVSwitch: one link from each; a Hopper’s reduces', () => {
  const a100 = gpuHosts({ gpu: 'a100', peers: nvswitch('nvlink3') });
  const link = CATALOG.link('nvlink3').bytesPerSecond.value;
  const { within, between } = groupPaths(a100, gpus(a100, 8));
  expect(within).toMatchObject({ medium: 'peer', link: 'nvlink3', ringBytesPerSecond: link });
  expect(within!.inSwitchShare).toBeUndefined();
  expect(between).toBeUndefined();
  const h100 = gpuHosts({ gpu: 'h100', peers: nvswitch('nvlink4') });
  expect(groupPaths(h100, gpus(h100, 2)).within!.inSwitchShare).toBe(0.85);
});

it('a DGX-1 has as many links as rings, each a sixth of a V100’s', () => {
  const link = CATALOG.link('nvlink2');
  const cluster = gpuHosts({ gpu: 'v100', peers: { through: 'hybrid-cube-mesh', link, linksEach: 6 } });
  const ofRanks = (count: number) => groupPaths(cluster, gpus(cluster, count)).within!;
  const sixth = link.bytesPerSecond.value / 6;
  expect([2, 3, 4, 5, 8].map((count) => ofRanks(count).ringBytesPerSecond / sixth)).toEqual([1, 2, 4, 2, 6]);
  expect(ofRanks(8)).toMatchObject({ medium: 'peer', link: 'nvlink2' });
  // GPUs 0 and 5 have no link: over PCIe.
  const [first, , , , , sixthGpu] = gpus(cluster, 8);
  expect(groupPaths(cluster, [first!, sixthGpu!]).within).toMatchObject({ medium: 'bus', crossesHost: true });
});

it('a full mesh: N − 1 rings, each of one link', () => {
  const link = CATALOG.link('xgmi-mi300x');
  const cluster = gpuHosts({ gpu: 'mi300x', peers: { through: 'mesh', link } });
  const { within } = groupPaths(cluster, gpus(cluster, 8));
  expect(within!.ringBytesPerSecond).toBe(7 * link.bytesPerSecond.value);
  expect(within!.portBytesPerSecond).toBe(7 * link.bytesPerSecond.value);
});

it('PCIe: below one switch, or over the host', () => {
  const cluster = gpuHosts({ gpu: 'p100-pcie', perSwitch: 4 });
  const rate = CATALOG.link('pcie5-x16').bytesPerSecond.value;
  const ofRanks = (count: number) => groupPaths(cluster, gpus(cluster, count)).within!;
  expect(ofRanks(4)).toMatchObject({ medium: 'bus', ringBytesPerSecond: rate, crossesHost: false });
  expect(ofRanks(8)).toMatchObject({ medium: 'bus', ringBytesPerSecond: rate, crossesHost: true });
});

it('the network carries what all adapters of a host do, without the latency of buses', () => {
  const rate = CATALOG.link('ib-ndr').bytesPerSecond.value;
  const latencySeconds = 2 * CATALOG.link('ib-ndr').latencySeconds.value;
  for (const adapters of [1, 4, 8]) {
    const cluster = gpuHosts({ gpu: 'h100', peers: nvswitch('nvlink4'), hosts: 3, adapters });
    const { between, hosts, perHost } = groupPaths(cluster, gpus(cluster, 24));
    expect(between!.bytesPerSecond).toBeCloseTo(adapters * rate, -3);
    expect(between!.latencySeconds).toBeCloseTo(latencySeconds, 12);
    expect([hosts.length, perHost]).toEqual([3, 8]);
  }
});

it('a group with one rank per host has nothing within', () => {
  const cluster = gpuHosts({ gpu: 'h100', peers: nvswitch('nvlink4'), hosts: 2, adapters: 8 });
  const all = gpus(cluster, 16);
  const { within, between } = groupPaths(cluster, [all[0]!, all[8]!]);
  expect(within).toBeUndefined();
  expect(between!.bytesPerSecond).toBe(CATALOG.link('ib-ndr').bytesPerSecond.value);
});
