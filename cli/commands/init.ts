import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty } from '../option-values.ts';

/** `stepcast init`. */
export function define(program: Command): void {
  examples(
    program
      .command('init')
      .summary('write a first scenario to change')
      .description(
        'Writes a commented scenario that runs as it is, in seconds. Files that are there stay as they are, unless --force is given.',
      )
      .argument('[file]', 'where to write; - prints it', notEmpty, 'scenario.yaml')
      .addOption(
        new Option('--kind <which>', 'what is asked')
          .choices(['training', 'placement', 'inference', 'sweep'])
          .default('training'),
      )
      .option('--force', 'write over a file that is there')
      .option('--json', 'print one JSON document: what was written')
      .action(async (file, options) => (await import('../init.ts')).init(file, options)),
    [
      ['stepcast init', 'then: stepcast run scenario.yaml'],
      ['stepcast init which-network.yaml --kind sweep', 'then: stepcast sweep which-network.yaml'],
      ['stepcast init - --kind placement', 'prints it'],
    ],
  );
}
