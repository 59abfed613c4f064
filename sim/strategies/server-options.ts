import { formatBytes, parseQuantity } from '../../base/units.ts';
import { bytesOption, type Chosen, choiceOption, flagOption } from './options.ts';
import type { StrategySetting } from './strategy.ts';

/** Options of every strategy whose variables live on parameter servers. */
export const serverOptions = {
  homes: choiceOption(
    ['bytes', 'round-robin', 'load'],
    'Where variables live: each on the server with the fewest bytes so far, on one server after the other, or on the server that steps move the fewest bytes from and to.',
  ),
  split_above: bytesOption('64 MiB', 'Larger parameters are divided by rows among the servers.'),
  offload: flagOption(
    false,
    'Whether servers compute what has large weights to itself, such as a softmax over all words: each has a part of the weights.',
  ),
} as const;

/** Why servers cannot do what is asked of them; undefined where they can. */
export function serverRefusal({ model, options }: StrategySetting<typeof serverOptions>): string | undefined {
  if (!options.offload || model.splits?.includes('servers')) return undefined;
  return `${model.name} has nothing that parameter servers compute (offload); lstm-512-512 has`;
}

const DEFAULT_SPLIT = parseQuantity(serverOptions.split_above.value, 'bytes');

/** What tells runs with other homes than by default apart, after a strategy's label. */
export function homesLabel({ homes, split_above, offload }: Chosen<typeof serverOptions>): string {
  const where = homes === serverOptions.homes.value ? '' : `, variables by ${homes}`;
  const split = split_above === DEFAULT_SPLIT ? '' : `, split above ${formatBytes(split_above)}`;
  return `${where}${split}${offload ? ', offloaded' : ''}`;
}
