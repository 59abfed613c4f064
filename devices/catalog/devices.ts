import a10 from './devices/a10.json' with { type: 'json' };
import a10g from './devices/a10g.json' with { type: 'json' };
import a30 from './devices/a30.json' with { type: 'json' };
import a40 from './devices/a40.json' with { type: 'json' };
import a100 from './devices/a100.json' with { type: 'json' };
import a10080gb from './devices/a100-80gb.json' with { type: 'json' };
import a10080gbPcie from './devices/a100-80gb-pcie.json' with { type: 'json' };
import a100Pcie from './devices/a100-pcie.json' with { type: 'json' };
import b200 from './devices/b200.json' with { type: 'json' };
import edgeTpu from './devices/edge-tpu.json' with { type: 'json' };
import epyc7a53 from './devices/epyc-7a53.json' with { type: 'json' };
import epyc7r13 from './devices/epyc-7r13.json' with { type: 'json' };
import epyc7r32 from './devices/epyc-7r32.json' with { type: 'json' };
import epyc7543 from './devices/epyc-7543.json' with { type: 'json' };
import epyc7713 from './devices/epyc-7713.json' with { type: 'json' };
import epyc7742 from './devices/epyc-7742.json' with { type: 'json' };
import epyc7763 from './devices/epyc-7763.json' with { type: 'json' };
import epyc9354 from './devices/epyc-9354.json' with { type: 'json' };
import epyc9554 from './devices/epyc-9554.json' with { type: 'json' };
import epyc9654 from './devices/epyc-9654.json' with { type: 'json' };
import epyc9755 from './devices/epyc-9755.json' with { type: 'json' };
import gaudi2 from './devices/gaudi2.json' with { type: 'json' };
import gb200 from './devices/gb200.json' with { type: 'json' };
import gh200 from './devices/gh200.json' with { type: 'json' };
import grace from './devices/grace.json' with { type: 'json' };
import gtx1080 from './devices/gtx-1080.json' with { type: 'json' };
import gtx1080Ti from './devices/gtx-1080-ti.json' with { type: 'json' };
import h100 from './devices/h100.json' with { type: 'json' };
import h100Nvl from './devices/h100-nvl.json' with { type: 'json' };
import h100Pcie from './devices/h100-pcie.json' with { type: 'json' };
import h200 from './devices/h200.json' with { type: 'json' };
import h200Nvl from './devices/h200-nvl.json' with { type: 'json' };
import i75930k from './devices/i7-5930k.json' with { type: 'json' };
import k20 from './devices/k20.json' with { type: 'json' };
import k20x from './devices/k20x.json' with { type: 'json' };
import k40 from './devices/k40.json' with { type: 'json' };
import k80 from './devices/k80.json' with { type: 'json' };
import k80Base from './devices/k80-base.json' with { type: 'json' };
import l4 from './devices/l4.json' with { type: 'json' };
import l40 from './devices/l40.json' with { type: 'json' };
import l40s from './devices/l40s.json' with { type: 'json' };
import m40 from './devices/m40.json' with { type: 'json' };
import mi25 from './devices/mi25.json' with { type: 'json' };
import mi60 from './devices/mi60.json' with { type: 'json' };
import mi100 from './devices/mi100.json' with { type: 'json' };
import mi250x from './devices/mi250x.json' with { type: 'json' };
import mi300x from './devices/mi300x.json' with { type: 'json' };
import myriad2 from './devices/myriad2.json' with { type: 'json' };
import p4 from './devices/p4.json' with { type: 'json' };
import p40 from './devices/p40.json' with { type: 'json' };
import p100 from './devices/p100.json' with { type: 'json' };
import p100Pcie from './devices/p100-pcie.json' with { type: 'json' };
import rtx2080Ti from './devices/rtx-2080-ti.json' with { type: 'json' };
import rtx3090 from './devices/rtx-3090.json' with { type: 'json' };
import rtx4090 from './devices/rtx-4090.json' with { type: 'json' };
import rtxA5000 from './devices/rtx-a5000.json' with { type: 'json' };
import rtxA6000 from './devices/rtx-a6000.json' with { type: 'json' };
import t4 from './devices/t4.json' with { type: 'json' };
import titanRtx from './devices/titan-rtx.json' with { type: 'json' };
import titanV from './devices/titan-v.json' with { type: 'json' };
import titanXMaxwell from './devices/titan-x-maxwell.json' with { type: 'json' };
import titanXPascal from './devices/titan-x-pascal.json' with { type: 'json' };
import titanXp from './devices/titan-xp.json' with { type: 'json' };
import tpuV1 from './devices/tpu-v1.json' with { type: 'json' };
import tpuV2 from './devices/tpu-v2.json' with { type: 'json' };
import tpuV3 from './devices/tpu-v3.json' with { type: 'json' };
import tpuV4 from './devices/tpu-v4.json' with { type: 'json' };
import tpuV5e from './devices/tpu-v5e.json' with { type: 'json' };
import tpuV5p from './devices/tpu-v5p.json' with { type: 'json' };
import tpuV6e from './devices/tpu-v6e.json' with { type: 'json' };
import tpuV7 from './devices/tpu-v7.json' with { type: 'json' };
import v100 from './devices/v100.json' with { type: 'json' };
import v10032gb from './devices/v100-32gb.json' with { type: 'json' };
import v100Pcie from './devices/v100-pcie.json' with { type: 'json' };
import v100Sxm3 from './devices/v100-sxm3.json' with { type: 'json' };
import v100Sxm3450w from './devices/v100-sxm3-450w.json' with { type: 'json' };
import xeon6248r from './devices/xeon-6248r.json' with { type: 'json' };
import xeon6338 from './devices/xeon-6338.json' with { type: 'json' };
import xeon8124m from './devices/xeon-8124m.json' with { type: 'json' };
import xeon8168 from './devices/xeon-8168.json' with { type: 'json' };
import xeon8174 from './devices/xeon-8174.json' with { type: 'json' };
import xeon8175m from './devices/xeon-8175m.json' with { type: 'json' };
import xeon8180 from './devices/xeon-8180.json' with { type: 'json' };
import xeon8259cl from './devices/xeon-8259cl.json' with { type: 'json' };
import xeon8275cl from './devices/xeon-8275cl.json' with { type: 'json' };
import xeon8280 from './devices/xeon-8280.json' with { type: 'json' };
import xeon8358 from './devices/xeon-8358.json' with { type: 'json' };
import xeon8375c from './devices/xeon-8375c.json' with { type: 'json' };
import xeon8380 from './devices/xeon-8380.json' with { type: 'json' };
import xeon8380h from './devices/xeon-8380h.json' with { type: 'json' };
import xeon8468 from './devices/xeon-8468.json' with { type: 'json' };
import xeon8480 from './devices/xeon-8480.json' with { type: 'json' };
import xeon8570 from './devices/xeon-8570.json' with { type: 'json' };
import xeonE52630v3 from './devices/xeon-e5-2630v3.json' with { type: 'json' };
import xeonE52650v2 from './devices/xeon-e5-2650v2.json' with { type: 'json' };
import xeonE52650v4 from './devices/xeon-e5-2650v4.json' with { type: 'json' };
import xeonE52680v4 from './devices/xeon-e5-2680v4.json' with { type: 'json' };
import xeonE52686v4 from './devices/xeon-e5-2686v4.json' with { type: 'json' };
import xeonE52690v4 from './devices/xeon-e5-2690v4.json' with { type: 'json' };
import xeonE52698v4 from './devices/xeon-e5-2698v4.json' with { type: 'json' };
import xeonE52699v3 from './devices/xeon-e5-2699v3.json' with { type: 'json' };
import xeonPhi7250 from './devices/xeon-phi-7250.json' with { type: 'json' };

/** Entries of all devices: CPUs, GPUs, TPUs and others, each by vendor and age. To add one: a file in devices/, and a line here. */
export const DEVICES: readonly { readonly id: string }[] = [
  xeonE52650v2,
  i75930k,
  xeonE52630v3,
  xeonE52699v3,
  xeonE52650v4,
  xeonE52680v4,
  xeonE52686v4,
  xeonE52690v4,
  xeonE52698v4,
  xeonPhi7250,
  xeon8124m,
  xeon8168,
  xeon8174,
  xeon8175m,
  xeon8180,
  xeon8259cl,
  xeon8275cl,
  xeon8280,
  xeon6248r,
  xeon8380h,
  xeon6338,
  xeon8358,
  xeon8375c,
  xeon8380,
  xeon8468,
  xeon8480,
  xeon8570,
  epyc7742,
  epyc7r32,
  epyc7543,
  epyc7713,
  epyc7763,
  epyc7a53,
  epyc7r13,
  epyc9354,
  epyc9554,
  epyc9654,
  epyc9755,
  grace,
  k20,
  k20x,
  k40,
  k80,
  k80Base,
  m40,
  titanXMaxwell,
  gtx1080,
  p100,
  p100Pcie,
  p4,
  p40,
  titanXPascal,
  gtx1080Ti,
  titanV,
  titanXp,
  v100,
  v100Pcie,
  rtx2080Ti,
  t4,
  titanRtx,
  v10032gb,
  v100Sxm3,
  v100Sxm3450w,
  a100,
  a10080gb,
  a100Pcie,
  a40,
  rtx3090,
  rtxA6000,
  a10,
  a10080gbPcie,
  a10g,
  a30,
  rtxA5000,
  h100,
  h100Pcie,
  l40,
  rtx4090,
  gh200,
  h100Nvl,
  l4,
  l40s,
  h200,
  h200Nvl,
  b200,
  gb200,
  mi25,
  mi60,
  mi100,
  mi250x,
  mi300x,
  tpuV1,
  tpuV2,
  tpuV3,
  tpuV4,
  tpuV5e,
  tpuV5p,
  tpuV6e,
  tpuV7,
  myriad2,
  edgeTpu,
  gaudi2,
];
