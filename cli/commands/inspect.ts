import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { MODEL_ARGUMENT } from '../model-argument.ts';
import { append, batch, notEmpty } from '../option-values.ts';

/** `stepcast inspect`. */
export function define(program: Command): void {
  examples(
    program
      .command('inspect')
      .summary('what a model consists of')
      .description(
        'Prints what a model consists of: nodes, parameters, arithmetic and bytes, per kind of op.',
      )
      .argument('<model>', MODEL_ARGUMENT, notEmpty)
      .option('--batch <samples>', 'samples per step of a model of the zoo (default: 32)', batch)
      .option(
        '--set <setting=value>',
        'change a setting of a model of the zoo, e.g. its layers; may be given several times',
        append,
      )
      .option(
        '--dim <name=extent>',
        'bind a symbolic dimension of a file; may be given several times',
        append,
      )
      .option('--shape <input=extents>', 'the shape of an input of a file, e.g. data=1,3,224,224', append)
      .option('--allow-unknown', 'count ops without an equivalent by their bytes')
      .option(
        '--device <id>',
        'predict the time on a device of the catalog (`stepcast devices` lists them)',
        notEmpty,
      )
      .option('--json', 'print the result as one JSON document')
      .action(async (name, options) => (await import('../inspect.ts')).inspect(name, options)),
    [
      ['stepcast inspect inception-v3 --batch 32', ''],
      ['stepcast inspect gpt --set layers=24 --set width=1024 --set heads=16 --batch 1', ''],
      ['stepcast inspect ./bert.onnx --dim batch=8 --dim sequence=128 --device v100', ''],
    ],
  );
}
