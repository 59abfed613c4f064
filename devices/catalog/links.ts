import efa100g from './links/efa-100g.json' with { type: 'json' };
import efa200g from './links/efa-200g.json' with { type: 'json' };
import efa400g from './links/efa-400g.json' with { type: 'json' };
import eth1g from './links/eth-1g.json' with { type: 'json' };
import eth10g from './links/eth-10g.json' with { type: 'json' };
import eth25g from './links/eth-25g.json' with { type: 'json' };
import eth40g from './links/eth-40g.json' with { type: 'json' };
import eth50g from './links/eth-50g.json' with { type: 'json' };
import eth100g from './links/eth-100g.json' with { type: 'json' };
import eth200g from './links/eth-200g.json' with { type: 'json' };
import eth400g from './links/eth-400g.json' with { type: 'json' };
import eth800g from './links/eth-800g.json' with { type: 'json' };
import gaudi2Mesh from './links/gaudi2-mesh.json' with { type: 'json' };
import gce16g from './links/gce-16g.json' with { type: 'json' };
import gce100g from './links/gce-100g.json' with { type: 'json' };
import gce200g from './links/gce-200g.json' with { type: 'json' };
import ibEdr from './links/ib-edr.json' with { type: 'json' };
import ibFdr from './links/ib-fdr.json' with { type: 'json' };
import ibHdr from './links/ib-hdr.json' with { type: 'json' };
import ibHdr100 from './links/ib-hdr100.json' with { type: 'json' };
import ibNdr from './links/ib-ndr.json' with { type: 'json' };
import ibNdr200 from './links/ib-ndr200.json' with { type: 'json' };
import ibQdr from './links/ib-qdr.json' with { type: 'json' };
import ibXdr from './links/ib-xdr.json' with { type: 'json' };
import iciV2 from './links/ici-v2.json' with { type: 'json' };
import iciV3 from './links/ici-v3.json' with { type: 'json' };
import iciV4 from './links/ici-v4.json' with { type: 'json' };
import iciV5e from './links/ici-v5e.json' with { type: 'json' };
import iciV5p from './links/ici-v5p.json' with { type: 'json' };
import iciV6e from './links/ici-v6e.json' with { type: 'json' };
import iciV7 from './links/ici-v7.json' with { type: 'json' };
import ifZen2 from './links/if-zen2.json' with { type: 'json' };
import ifZen3 from './links/if-zen3.json' with { type: 'json' };
import nvlinkC2c from './links/nvlink-c2c.json' with { type: 'json' };
import nvlinkC2cGb200 from './links/nvlink-c2c-gb200.json' with { type: 'json' };
import nvlink1 from './links/nvlink1.json' with { type: 'json' };
import nvlink2 from './links/nvlink2.json' with { type: 'json' };
import nvlink3 from './links/nvlink3.json' with { type: 'json' };
import nvlink3A30 from './links/nvlink3-a30.json' with { type: 'json' };
import nvlink3Bridge from './links/nvlink3-bridge.json' with { type: 'json' };
import nvlink4 from './links/nvlink4.json' with { type: 'json' };
import nvlink5 from './links/nvlink5.json' with { type: 'json' };
import opa100 from './links/opa-100.json' with { type: 'json' };
import pcie3X16 from './links/pcie3-x16.json' with { type: 'json' };
import pcie4X16 from './links/pcie4-x16.json' with { type: 'json' };
import pcie5X16 from './links/pcie5-x16.json' with { type: 'json' };
import qpi from './links/qpi.json' with { type: 'json' };
import roce25g from './links/roce-25g.json' with { type: 'json' };
import roce100g from './links/roce-100g.json' with { type: 'json' };
import roce200g from './links/roce-200g.json' with { type: 'json' };
import roce400g from './links/roce-400g.json' with { type: 'json' };
import slingshot11 from './links/slingshot-11.json' with { type: 'json' };
import upi from './links/upi.json' with { type: 'json' };
import upiSpr from './links/upi-spr.json' with { type: 'json' };
import usb3 from './links/usb3.json' with { type: 'json' };
import xgmiMi100 from './links/xgmi-mi100.json' with { type: 'json' };
import xgmiMi250x from './links/xgmi-mi250x.json' with { type: 'json' };
import xgmiMi300x from './links/xgmi-mi300x.json' with { type: 'json' };

/** Entries of all links: networks, buses, links between accelerators, each by rate. To add one: a file in links/, and a line here. */
export const LINKS: readonly { readonly id: string }[] = [
  eth1g,
  eth10g,
  eth25g,
  eth40g,
  eth50g,
  eth100g,
  eth200g,
  eth400g,
  eth800g,
  gce16g,
  gce100g,
  gce200g,
  roce25g,
  roce100g,
  roce200g,
  roce400g,
  efa100g,
  efa200g,
  efa400g,
  ibQdr,
  ibFdr,
  ibEdr,
  ibHdr100,
  ibHdr,
  ibNdr200,
  ibNdr,
  ibXdr,
  opa100,
  slingshot11,
  pcie3X16,
  pcie4X16,
  pcie5X16,
  usb3,
  qpi,
  upi,
  upiSpr,
  ifZen2,
  ifZen3,
  nvlink1,
  nvlink3A30,
  nvlink2,
  nvlinkC2cGb200,
  nvlink3,
  nvlink3Bridge,
  nvlinkC2c,
  nvlink4,
  nvlink5,
  xgmiMi100,
  xgmiMi250x,
  xgmiMi300x,
  gaudi2Mesh,
  iciV4,
  iciV5e,
  iciV2,
  iciV3,
  iciV5p,
  iciV6e,
  iciV7,
];
