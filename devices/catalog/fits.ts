import { UserError, unknownName } from '../../base/errors.ts';
import type { Fit } from '../fit.ts';
import inSwitchCollectives from './fits/collectives-in-switch.json' with { type: 'json' };
import networkCollectives from './fits/collectives-network.json' with { type: 'json' };
import nvlinkCollectives from './fits/collectives-nvlink.json' with { type: 'json' };
import pcieCollectives from './fits/collectives-pcie.json' with { type: 'json' };
import smallCollectives from './fits/collectives-small.json' with { type: 'json' };
import gtx1080 from './fits/kernels-gtx-1080.json' with { type: 'json' };
import gtx1080Ti from './fits/kernels-gtx-1080-ti.json' with { type: 'json' };
import k40 from './fits/kernels-k40.json' with { type: 'json' };
import k80 from './fits/kernels-k80.json' with { type: 'json' };
import knl from './fits/kernels-knl.json' with { type: 'json' };
import m40 from './fits/kernels-m40.json' with { type: 'json' };
import mi25 from './fits/kernels-mi25.json' with { type: 'json' };
import p100 from './fits/kernels-p100.json' with { type: 'json' };
import titanXMaxwell from './fits/kernels-titan-x-maxwell.json' with { type: 'json' };
import titanXPascal from './fits/kernels-titan-x-pascal.json' with { type: 'json' };
import titanXp from './fits/kernels-titan-xp.json' with { type: 'json' };
import v100Float16 from './fits/kernels-v100-float16.json' with { type: 'json' };
import v100Float32 from './fits/kernels-v100-float32.json' with { type: 'json' };
import xeonE52630v3 from './fits/kernels-xeon-e5-2630v3.json' with { type: 'json' };
import megatronBlocks from './fits/megatron-deepspeed-a100.json' with { type: 'json' };
import megatronNetwork from './fits/megatron-deepspeed-network.json' with { type: 'json' };
import tpuV1Layers from './fits/tpu-v1-layers.json' with { type: 'json' };

/** All fits, as `npm run fit` wrote them. To add one: a row in scenarios/claims/fit/index.ts, and a line here. */
export const FITS: readonly Fit[] = [
  nvlinkCollectives,
  smallCollectives,
  pcieCollectives,
  inSwitchCollectives,
  networkCollectives,
  // Folds that leave all blocks of a width out have no such keys, which TypeScript reads as keys without a number.
  megatronBlocks as unknown as Fit,
  megatronNetwork,
  knl,
  k40,
  k80,
  m40,
  titanXMaxwell,
  titanXPascal,
  gtx1080Ti,
  titanXp,
  mi25,
  gtx1080,
  xeonE52630v3,
  p100,
  v100Float32,
  v100Float16,
  tpuV1Layers,
];

/** The fit of this id, or a UserError that names the nearest valid id. */
export function findFit(id: string): Fit {
  const found = FITS.find((fit) => fit.id === id);
  if (found !== undefined) return found;
  throw new UserError(
    unknownName(
      'fit',
      id,
      FITS.map((fit) => fit.id),
    ),
  );
}
