import { UserError, unknownName } from '../../base/errors.ts';
import type { DeviceModel, LinkModel } from '../device.ts';
import a100 from './devices/a100.json' with { type: 'json' };
import a10080gb from './devices/a100-80gb.json' with { type: 'json' };
import epyc7763 from './devices/epyc-7763.json' with { type: 'json' };
import h100 from './devices/h100.json' with { type: 'json' };
import k40 from './devices/k40.json' with { type: 'json' };
import k80 from './devices/k80.json' with { type: 'json' };
import k80Base from './devices/k80-base.json' with { type: 'json' };
import m40 from './devices/m40.json' with { type: 'json' };
import p100 from './devices/p100.json' with { type: 'json' };
import p100Pcie from './devices/p100-pcie.json' with { type: 'json' };
import t4 from './devices/t4.json' with { type: 'json' };
import titanXMaxwell from './devices/titan-x-maxwell.json' with { type: 'json' };
import tpuV1 from './devices/tpu-v1.json' with { type: 'json' };
import tpuV2 from './devices/tpu-v2.json' with { type: 'json' };
import tpuV3 from './devices/tpu-v3.json' with { type: 'json' };
import v100 from './devices/v100.json' with { type: 'json' };
import v10032gb from './devices/v100-32gb.json' with { type: 'json' };
import v100Pcie from './devices/v100-pcie.json' with { type: 'json' };
import xeon8180 from './devices/xeon-8180.json' with { type: 'json' };
import xeonE52650v2 from './devices/xeon-e5-2650v2.json' with { type: 'json' };
import xeonE52699v3 from './devices/xeon-e5-2699v3.json' with { type: 'json' };
import { findFit } from './fits.ts';
import eth1g from './links/eth-1g.json' with { type: 'json' };
import eth10g from './links/eth-10g.json' with { type: 'json' };
import eth25g from './links/eth-25g.json' with { type: 'json' };
import eth40g from './links/eth-40g.json' with { type: 'json' };
import eth100g from './links/eth-100g.json' with { type: 'json' };
import eth200g from './links/eth-200g.json' with { type: 'json' };
import ibEdr from './links/ib-edr.json' with { type: 'json' };
import ibFdr from './links/ib-fdr.json' with { type: 'json' };
import ibHdr from './links/ib-hdr.json' with { type: 'json' };
import ibNdr from './links/ib-ndr.json' with { type: 'json' };
import iciV2 from './links/ici-v2.json' with { type: 'json' };
import iciV3 from './links/ici-v3.json' with { type: 'json' };
import nvlink1 from './links/nvlink1.json' with { type: 'json' };
import nvlink2 from './links/nvlink2.json' with { type: 'json' };
import nvlink3 from './links/nvlink3.json' with { type: 'json' };
import nvlink4 from './links/nvlink4.json' with { type: 'json' };
import pcie3X16 from './links/pcie3-x16.json' with { type: 'json' };
import pcie4X16 from './links/pcie4-x16.json' with { type: 'json' };
import pcie5X16 from './links/pcie5-x16.json' with { type: 'json' };
import qpi from './links/qpi.json' with { type: 'json' };
import upi from './links/upi.json' with { type: 'json' };
import { type ParametersOf, readDevice, readLink } from './read.ts';

export { type LinkDescription, linkModel } from './read.ts';

// Entries are JSON: what a device is, is data. Read on first use, so that an import costs nothing.
const DEVICES: readonly { readonly id: string }[] = [
  xeonE52650v2,
  xeonE52699v3,
  xeon8180,
  epyc7763,
  k40,
  k80,
  k80Base,
  m40,
  titanXMaxwell,
  p100Pcie,
  p100,
  v100,
  v10032gb,
  v100Pcie,
  t4,
  a100,
  a10080gb,
  h100,
  tpuV1,
  tpuV2,
  tpuV3,
];

const LINKS: readonly { readonly id: string }[] = [
  eth1g,
  eth10g,
  eth25g,
  eth40g,
  eth100g,
  eth200g,
  ibFdr,
  ibEdr,
  ibHdr,
  ibNdr,
  pcie3X16,
  pcie4X16,
  pcie5X16,
  qpi,
  upi,
  nvlink1,
  nvlink2,
  nvlink3,
  nvlink4,
  iciV2,
  iciV3,
];

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

/** A catalog of one kind of entry: looks up ids, reads each entry once. */
function lookup<T>(kind: string, entries: readonly { readonly id: string }[], read: (entry: unknown) => T) {
  const models = new Map<string, T>();
  return (id: string): T => {
    const known = models.get(id);
    if (known !== undefined) return known;
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry === undefined) throw new UserError(unknownName(kind, id, ids(entries)));
    const model = read(entry);
    models.set(id, model);
    return model;
  };
}

/** Ids of all devices, in the order of the catalog: CPUs, GPUs and TPUs, each by age. */
export const deviceIds: readonly string[] = ids(DEVICES);

/** Ids of all links, in the order of the catalog: networks, then buses, then links between accelerators. */
export const linkIds: readonly string[] = ids(LINKS);

/** Devices by id, with the parameters that are given for fits. */
export const deviceLookup = (parametersOf: ParametersOf): ((id: string) => DeviceModel) =>
  lookup('device', DEVICES, (entry) => readDevice(entry, parametersOf));

/** The device model of this id, or a UserError that names the nearest valid id. */
export const findDevice: (id: string) => DeviceModel = deviceLookup((id) => findFit(id).parameters);

/** The link model of this id, or a UserError that names the nearest valid id. */
export const findLink: (id: string) => LinkModel = lookup('link', LINKS, readLink);
