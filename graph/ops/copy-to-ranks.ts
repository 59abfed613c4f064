import type { Op } from '../op.ts';
import { takes } from './checks.ts';
import { allReduce, type CollectiveAttrs } from './collective.ts';
import { noWork } from './costs.ts';

/**
 * The tensor itself, where what all ranks of a group have alike goes into what each computes for itself: of its gradients
 * the sum over the ranks is taken (Megatron-LM's `f`: identity forward, all-reduce backward; see collective.ts for the
 * programs that it makes right). No kernel.
 */
export const copyToRanks: Op<CollectiveAttrs> = {
  name: 'CopyToRanks',
  infer: (inputs) => {
    takes(inputs, 1, 1, 'one tensor');
    return inputs;
  },
  cost: noWork,
  gradient: ({ builder, attrs, dy: [dy] }) => [
    attrs.ranks === 1 ? dy : builder.add(allReduce, [dy!], { ...attrs, reduction: 'sum' }),
  ],
};
