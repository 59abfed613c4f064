import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { MODEL_ARGUMENT } from '../model-argument.ts';
import { append, batch, notEmpty, seed, wholeNumber } from '../option-values.ts';

/** `stepcast place`. */
export function define(program: Command): void {
  examples(
    program
      .command('place')
      .summary('compare placements of one model on one cluster')
      .description(
        "Places one step of a model by several placers at the same time, and prints step times, how far they are above what no placement can beat, memory, and how they stand up to a wrong cost model. Writes report.html, results.json, placements.csv, trace.json and the best placement found, placement.json: the device of each node in TensorFlow's form, for `placers: [{ kind: file, path: placement.json }]`.",
      )
      .argument('<model>', MODEL_ARGUMENT, notEmpty)
      .requiredOption(
        '--cluster <file or node>',
        'a scenario file, for its cluster and runtime, or a node of the catalog (`stepcast devices --nodes`)',
        notEmpty,
      )
      .option(
        '--placer <names>',
        'names of placers, separated by commas (`stepcast placers` lists them), or all; if absent, one of each kind and two searches',
        notEmpty,
      )
      .option(
        '--evaluations <number>',
        'simulated steps that each draw of a search may use (default: as many as the search says)',
        wholeNumber(1, 10_000_000),
      )
      .option(
        '--seeds <number>',
        'how often each placer that draws random numbers places; the draw in the middle is shown (default: 1)',
        wholeNumber(1, 100),
      )
      .option('--seed <number>', 'seed of all draws (default: 1)', seed)
      .option(
        '--objective <which>',
        'step-time (if absent), throughput (of a pipeline of steps), peak-memory, or cost (of a node with a price)',
        notEmpty,
      )
      .option('--placement <file>', 'a placement.json that was found before, to compare with', notEmpty)
      .option('--soft-placement', 'ignore device specifications that no device with kernels satisfies')
      .option('--batch <samples>', 'samples per step of a model of the zoo (default: 32)', batch)
      .option('--precision <type>', 'float32, float16 or bfloat16', notEmpty)
      .option('--set <setting=value>', 'change a setting of a model of the zoo', append)
      .option('--dim <name=extent>', 'bind a symbolic dimension of a file', append)
      .option('--shape <input=extents>', 'the shape of an input of a file, e.g. data=1,3,224,224', append)
      .option('--jobs <number>', 'threads (default: one per core); results are the same', wholeNumber(1, 256))
      .option('-o, --output <folder>', 'where to write (default: out/place)', notEmpty)
      .option('--json', 'print the result as one JSON document')
      .action(async (model, options) => (await import('../place.ts')).place(model, options)),
    [
      ['stepcast place inception-v3 --cluster scenarios/placement.yaml', ''],
      ['stepcast place nmt --cluster dgx-1 --placer heft,learned-list --seeds 5', ''],
      ['stepcast place ./model.onnx --cluster dgx-a100 --placer all --evaluations 2000', ''],
    ],
  );
}
