import type { Op } from '../op.ts';
import type { NoAttrs } from './checks.ts';
import { flopPerOutput } from './costs.ts';
import { broadcastSpec } from './elementwise.ts';

/** Element-wise a = b, broadcasting both ways; bool. One comparison per output element. No derivative. */
export const equal: Op<NoAttrs> = {
  name: 'Equal',
  infer: (inputs) => [{ dtype: 'bool', shape: broadcastSpec(inputs).shape }],
  cost: flopPerOutput,
};
