import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty } from '../option-values.ts';

/** `stepcast devices`. */
export function define(program: Command): void {
  examples(
    program
      .command('devices')
      .summary('devices, links and whole nodes of the catalog')
      .description(
        'Lists the devices of the catalog, its links, or its whole nodes with their price and power; or every number of one of them with its source.',
      )
      .argument('[id]', 'a device, link or node', notEmpty)
      .option('--links', 'list networks, buses and links between accelerators')
      .option('--nodes', 'list machines of vendors and clouds, and slices of TPUs')
      .option('--json', 'print the result as one JSON document')
      .action(async (id, options) => (await import('../catalog-lists.ts')).devices(id, options)),
    [
      ['stepcast devices', ''],
      ['stepcast devices --nodes', 'what `cluster.workers.node` may say'],
      ['stepcast devices dgx-a100', 'what it is made of, and where that is from'],
      ['stepcast devices v100', 'every number with its source'],
    ],
  );
}
