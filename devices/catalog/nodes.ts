import awsC518xlarge from './nodes/aws-c5-18xlarge.json' with { type: 'json' };
import awsC6i32xlarge from './nodes/aws-c6i-32xlarge.json' with { type: 'json' };
import awsC7i48xlarge from './nodes/aws-c7i-48xlarge.json' with { type: 'json' };
import awsG4dnXlarge from './nodes/aws-g4dn-xlarge.json' with { type: 'json' };
import awsG548xlarge from './nodes/aws-g5-48xlarge.json' with { type: 'json' };
import awsG5Xlarge from './nodes/aws-g5-xlarge.json' with { type: 'json' };
import awsG6Xlarge from './nodes/aws-g6-xlarge.json' with { type: 'json' };
import awsG6eXlarge from './nodes/aws-g6e-xlarge.json' with { type: 'json' };
import awsP28xlarge from './nodes/aws-p2-8xlarge.json' with { type: 'json' };
import awsP216xlarge from './nodes/aws-p2-16xlarge.json' with { type: 'json' };
import awsP2Xlarge from './nodes/aws-p2-xlarge.json' with { type: 'json' };
import awsP32xlarge from './nodes/aws-p3-2xlarge.json' with { type: 'json' };
import awsP316xlarge from './nodes/aws-p3-16xlarge.json' with { type: 'json' };
import awsP3dn24xlarge from './nodes/aws-p3dn-24xlarge.json' with { type: 'json' };
import awsP4d24xlarge from './nodes/aws-p4d-24xlarge.json' with { type: 'json' };
import awsP4de24xlarge from './nodes/aws-p4de-24xlarge.json' with { type: 'json' };
import awsP548xlarge from './nodes/aws-p5-48xlarge.json' with { type: 'json' };
import awsP5en48xlarge from './nodes/aws-p5en-48xlarge.json' with { type: 'json' };
import awsP6B20048xlarge from './nodes/aws-p6-b200-48xlarge.json' with { type: 'json' };
import azureNc6 from './nodes/azure-nc6.json' with { type: 'json' };
import azureNc24sV3 from './nodes/azure-nc24s-v3.json' with { type: 'json' };
import azureNd40rsV2 from './nodes/azure-nd40rs-v2.json' with { type: 'json' };
import azureNd96amsrA100V4 from './nodes/azure-nd96amsr-a100-v4.json' with { type: 'json' };
import azureNd96asrA100V4 from './nodes/azure-nd96asr-a100-v4.json' with { type: 'json' };
import azureNd96isrH100V5 from './nodes/azure-nd96isr-h100-v5.json' with { type: 'json' };
import deepbenchGtx1080Ti from './nodes/deepbench-gtx-1080-ti.json' with { type: 'json' };
import deepbenchKnl from './nodes/deepbench-knl.json' with { type: 'json' };
import deepbenchM40 from './nodes/deepbench-m40.json' with { type: 'json' };
import deepbenchP100 from './nodes/deepbench-p100.json' with { type: 'json' };
import deepbenchTitanXMaxwell from './nodes/deepbench-titan-x-maxwell.json' with { type: 'json' };
import deepbenchTitanXPascal from './nodes/deepbench-titan-x-pascal.json' with { type: 'json' };
import desktopTitanXMaxwell from './nodes/desktop-titan-x-maxwell.json' with { type: 'json' };
import dgx1 from './nodes/dgx-1.json' with { type: 'json' };
import dgx132gb from './nodes/dgx-1-32gb.json' with { type: 'json' };
import dgx1P100 from './nodes/dgx-1-p100.json' with { type: 'json' };
import dgx2 from './nodes/dgx-2.json' with { type: 'json' };
import dgx2h from './nodes/dgx-2h.json' with { type: 'json' };
import dgxA100 from './nodes/dgx-a100.json' with { type: 'json' };
import dgxA10080gb from './nodes/dgx-a100-80gb.json' with { type: 'json' };
import dgxB200 from './nodes/dgx-b200.json' with { type: 'json' };
import dgxH100 from './nodes/dgx-h100.json' with { type: 'json' };
import dgxH200 from './nodes/dgx-h200.json' with { type: 'json' };
import frontier from './nodes/frontier.json' with { type: 'json' };
import gb200Nvl72 from './nodes/gb200-nvl72.json' with { type: 'json' };
import gb200Tray from './nodes/gb200-tray.json' with { type: 'json' };
import gcpA2Highgpu1g from './nodes/gcp-a2-highgpu-1g.json' with { type: 'json' };
import gcpA2Highgpu8g from './nodes/gcp-a2-highgpu-8g.json' with { type: 'json' };
import gcpA2Ultragpu8g from './nodes/gcp-a2-ultragpu-8g.json' with { type: 'json' };
import gcpA3Highgpu8g from './nodes/gcp-a3-highgpu-8g.json' with { type: 'json' };
import gcpA3Megagpu8g from './nodes/gcp-a3-megagpu-8g.json' with { type: 'json' };
import gcpN1K801 from './nodes/gcp-n1-k80-1.json' with { type: 'json' };
import gcpN1K808 from './nodes/gcp-n1-k80-8.json' with { type: 'json' };
import gcpN1V1008 from './nodes/gcp-n1-v100-8.json' with { type: 'json' };
import gh200 from './nodes/gh200.json' with { type: 'json' };
import hgxA1004 from './nodes/hgx-a100-4.json' with { type: 'json' };
import hgxA10084xhdr from './nodes/hgx-a100-8-4xhdr.json' with { type: 'json' };
import hgxA10080gb4 from './nodes/hgx-a100-80gb-4.json' with { type: 'json' };
import hgxA10080gb84xhdr from './nodes/hgx-a100-80gb-8-4xhdr.json' with { type: 'json' };
import hgxB200 from './nodes/hgx-b200.json' with { type: 'json' };
import hgxH100 from './nodes/hgx-h100.json' with { type: 'json' };
import hgxH1004 from './nodes/hgx-h100-4.json' with { type: 'json' };
import hgxH200 from './nodes/hgx-h200.json' with { type: 'json' };
import hlsGaudi2 from './nodes/hls-gaudi2.json' with { type: 'json' };
import serverA308 from './nodes/server-a30-8.json' with { type: 'json' };
import serverA10080gbPcie4 from './nodes/server-a100-80gb-pcie-4.json' with { type: 'json' };
import serverA10080gbPcie8 from './nodes/server-a100-80gb-pcie-8.json' with { type: 'json' };
import serverA100Pcie4 from './nodes/server-a100-pcie-4.json' with { type: 'json' };
import serverA100Pcie8 from './nodes/server-a100-pcie-8.json' with { type: 'json' };
import serverH100Pcie4 from './nodes/server-h100-pcie-4.json' with { type: 'json' };
import serverH100Pcie8 from './nodes/server-h100-pcie-8.json' with { type: 'json' };
import serverHaswell from './nodes/server-haswell.json' with { type: 'json' };
import serverK804 from './nodes/server-k80-4.json' with { type: 'json' };
import serverL40s8 from './nodes/server-l40s-8.json' with { type: 'json' };
import serverMi300x8 from './nodes/server-mi300x-8.json' with { type: 'json' };
import serverTpuV1 from './nodes/server-tpu-v1.json' with { type: 'json' };
import serverV100Pcie4 from './nodes/server-v100-pcie-4.json' with { type: 'json' };
import tpuV28 from './nodes/tpu-v2-8.json' with { type: 'json' };
import tpuV38 from './nodes/tpu-v3-8.json' with { type: 'json' };
import tpuV48 from './nodes/tpu-v4-8.json' with { type: 'json' };
import tpuV5e8 from './nodes/tpu-v5e-8.json' with { type: 'json' };
import tpuV5p8 from './nodes/tpu-v5p-8.json' with { type: 'json' };
import tpuV6e8 from './nodes/tpu-v6e-8.json' with { type: 'json' };
import tpuV74 from './nodes/tpu-v7-4.json' with { type: 'json' };
import workstationRtx40906 from './nodes/workstation-rtx-4090-6.json' with { type: 'json' };

/** Entries of all nodes: machines of vendors, then of clouds, then hosts of TPUs, each by age. To add one: a file in nodes/, and a line here. */
export const NODES: readonly { readonly id: string }[] = [
  desktopTitanXMaxwell,
  serverHaswell,
  serverK804,
  serverTpuV1,
  deepbenchKnl,
  deepbenchM40,
  deepbenchP100,
  deepbenchTitanXMaxwell,
  deepbenchTitanXPascal,
  dgx1P100,
  deepbenchGtx1080Ti,
  dgx1,
  serverV100Pcie4,
  dgx132gb,
  dgx2,
  dgx2h,
  dgxA100,
  dgxA10080gb,
  hgxA1004,
  hgxA10084xhdr,
  serverA100Pcie4,
  serverA100Pcie8,
  hgxA10080gb4,
  hgxA10080gb84xhdr,
  serverA10080gbPcie4,
  serverA10080gbPcie8,
  serverA308,
  dgxH100,
  frontier,
  hlsGaudi2,
  gh200,
  hgxH100,
  hgxH1004,
  serverH100Pcie4,
  serverH100Pcie8,
  serverL40s8,
  serverMi300x8,
  workstationRtx40906,
  dgxH200,
  hgxH200,
  dgxB200,
  gb200Nvl72,
  gb200Tray,
  hgxB200,
  awsP216xlarge,
  awsP28xlarge,
  awsP2Xlarge,
  awsC518xlarge,
  awsP316xlarge,
  awsP32xlarge,
  awsP3dn24xlarge,
  awsG4dnXlarge,
  awsP4d24xlarge,
  awsC6i32xlarge,
  awsG548xlarge,
  awsG5Xlarge,
  awsP4de24xlarge,
  awsC7i48xlarge,
  awsP548xlarge,
  awsG6Xlarge,
  awsG6eXlarge,
  awsP5en48xlarge,
  awsP6B20048xlarge,
  gcpN1K801,
  gcpN1K808,
  gcpN1V1008,
  gcpA2Highgpu1g,
  gcpA2Highgpu8g,
  gcpA2Ultragpu8g,
  gcpA3Highgpu8g,
  gcpA3Megagpu8g,
  azureNc6,
  azureNc24sV3,
  azureNd40rsV2,
  azureNd96asrA100V4,
  azureNd96amsrA100V4,
  azureNd96isrH100V5,
  tpuV28,
  tpuV38,
  tpuV48,
  tpuV5e8,
  tpuV5p8,
  tpuV6e8,
  tpuV74,
];
