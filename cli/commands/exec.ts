import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { MODEL_ARGUMENT } from '../model-argument.ts';
import { append, batch, notEmpty, seed, wholeNumber } from '../option-values.ts';

/** `stepcast exec`. */
export function define(program: Command): void {
  examples(
    program
      .command('exec')
      .summary('run the numbers of a model')
      .description(
        'Runs a model on this machine and prints what comes out. Inputs that are not given are drawn at random from the seed.',
      )
      .argument('<model>', MODEL_ARGUMENT, notEmpty)
      .option(
        '--inputs <[name=]path>',
        'values of inputs: a .safetensors, .npy, .pb (TensorProto) or .json file, or a folder of input_*.pb; may be given several times',
        append,
      )
      .option('--fetch <name>', 'an output, or any tensor of a file; may be given several times', append)
      .option('--target <node>', 'a node of a TensorFlow graph to run for its effect, e.g. train', append)
      .option('--signature <name>', 'of a SavedModel (default: serving_default, else its first)', notEmpty)
      .option('-o, --output <file>', 'write what comes out to a .safetensors file', notEmpty)
      .option('--profile', 'print times per op, and how near they come to what this machine can do')
      .option(
        '--runs <number>',
        'times to run; the profile shows medians (default: 1, with --profile 5)',
        wholeNumber(1, 10_000),
      )
      .option('--threads <number>', 'threads that share the rows of large ops', wholeNumber(1, 64), 1)
      .addOption(new Option('--kernels <which>', 'what computes').choices(['wasm', 'plain']).default('wasm'))
      .option('--training', 'one training step of a model of the zoo instead of its forward pass')
      .option('--seed <number>', 'of inputs and first values of variables', seed, 0)
      .option('--batch <samples>', 'samples per step of a model of the zoo (default: 32)', batch)
      .option('--set <setting=value>', 'change a setting of a model of the zoo', append)
      .option('--dim <name=extent>', 'bind a symbolic dimension of a file', append)
      .option('--shape <input=extents>', 'the shape of an input of a file, e.g. data=1,3,224,224', append)
      .option('--json', 'print the result as one JSON document')
      .action(async (name, options) => (await import('../exec.ts')).exec(name, options)),
    [
      ['stepcast exec ./model.onnx --inputs image=cat.npy --profile', ''],
      ['stepcast exec ./model.onnx --inputs test_data_set_0 -o out.safetensors', ''],
      ['stepcast exec mnist-cnn --training --batch 64 --runs 20 --profile', ''],
    ],
  );
}
