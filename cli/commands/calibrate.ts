import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty, wholeNumber } from '../option-values.ts';

/** `stepcast calibrate`. */
export function define(program: Command): void {
  examples(
    program
      .command('calibrate')
      .summary("measure this machine's kernels")
      .description(
        'Measures the kernels of `stepcast exec` on this machine, its memory, and messages between two threads, and writes a device profile. For GPUs, devices/profile_torch.py writes the same format.',
      )
      .option('-o, --output <file>', 'where to write', notEmpty, 'profile.json')
      .option('--threads <number>', 'threads that share the rows of large ops', wholeNumber(1, 64), 1)
      .option('--quick', 'half a minute rather than two: fewer layers and runs')
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../calibrate.ts')).calibrate(options)),
    [
      ['stepcast calibrate -o my-machine.json', ''],
      ['stepcast validate local --profile my-machine.json', ''],
    ],
  );
}
