import { allReduceWorkers } from './all-reduce.ts';
import { asynchronous } from './async.ts';
import { hybrid } from './hybrid.ts';
import { mesh } from './mesh.ts';
import { pipeline } from './pipeline.ts';
import { modelParallel } from './placed.ts';
import type { Strategy } from './strategy.ts';
import { backupWorkers, synchronous } from './sync.ts';
import { tensor } from './tensor.ts';
import { zero } from './zero.ts';

/** Every training strategy that there is. Adding one is one file and a line here. */
export const STRATEGIES = {
  sync: synchronous,
  backup: backupWorkers,
  async: asynchronous,
  hybrid,
  'all-reduce': allReduceWorkers,
  zero,
  'model-parallel': modelParallel,
  pipeline,
  tensor,
  mesh,
} as const satisfies { readonly [kind: string]: Strategy };

export type StrategyKind = keyof typeof STRATEGIES;
