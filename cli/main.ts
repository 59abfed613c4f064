import { join } from 'node:path';
import { Command, Option } from 'commander';
import { UserError, unknownName } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { version } from '../scenarios/version.ts';
import { examples } from './examples.ts';
import { reportFailure } from './failure.ts';
import { append, batch, notEmpty, percent, seed, trials, wholeNumber } from './option-values.ts';

/*
 * The command line: what there is to type. Each command's work is in a file of its own, imported when it is asked
 * for, so that --help does not wait for libraries that it does not need.
 */

// A reader that has seen enough (`stepcast devices | head -3`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : reportFailure(error));
  });
}
process.on('uncaughtException', (error) => process.exit(reportFailure(error)));

const MODEL_ARGUMENT =
  'a model of the zoo (`stepcast models` lists them), or a file: .onnx, .pb, .pbtxt, .meta, or the folder of a SavedModel';

try {
  await commandLine().parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}

function commandLine(): Command {
  const program = new Command('stepcast')
    .description(
      'How fast will this machine-learning graph run on that cluster, why, and does it still learn?',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) });
  examples(program, [
    ['stepcast run scenarios/quickstart.yaml', 'simulate, and write out/quickstart/report.html'],
    ['stepcast devices', 'what a cluster can be made of'],
  ]);

  examples(
    program
      .command('run')
      .summary('run the experiments of a scenario')
      .description(
        'Runs all experiments of a scenario and writes report.html, results.json, trace.json (for ui.perfetto.dev) and steps.csv or placements.csv.',
      )
      .argument('<scenario>', 'a scenario file (YAML); - reads standard input', notEmpty)
      .option('-o, --output <folder>', 'where to write (default: out/<name of the scenario>)', notEmpty)
      .option('--seed <number>', "instead of the scenario's seed", seed)
      .option('--trials <number>', 'times that training is repeated, or the error to reach, e.g. 2%', trials)
      .option(
        '--set <path=value>',
        'change a value of the scenario, or remove it: path=; may be given several times',
        append,
      )
      .action(async (path, options) => (await import('./run.ts')).run(path, options)),
    [
      ['stepcast run scenarios/quickstart.yaml', ''],
      ['stepcast run scenarios/quickstart.yaml -o out/slow --set cluster.network.link=eth-1g', ''],
      ['stepcast run scenarios/quickstart.yaml --set experiments.cnn.steps=20 --seed 7', ''],
      ['stepcast run scenarios/quickstart.yaml --set noise=', ''],
      ['stepcast run scenarios/quickstart.yaml --trials 2%', 'until step times are known to 2 %'],
    ],
  );

  examples(
    program
      .command('report')
      .summary('draw the report of earlier results again')
      .description('Draws the report of a results.json again.')
      .argument('<results>', 'a results.json that `stepcast run` wrote; - reads standard input', notEmpty)
      .option('-o, --output <file>', 'where to write (default: report.html beside the results)', notEmpty)
      .action(async (path, options) => (await import('./report.ts')).report(path, options)),
    [['stepcast report out/quickstart/results.json -o quickstart.html', '']],
  );

  examples(
    program
      .command('validate')
      .summary('hold predictions against published measurements')
      .description(
        'Predicts the measurements of the ledger and prints, per source, how far off predictions are, beside two baselines on the same points: one fitted constant, and a plain roofline. Writes report.html and validation.json. Exit code 1 where an error is beyond its bound.',
      )
      .argument(
        '[what...]',
        'sources of the ledger that comes with the program, or files of claims of your own, or folders of them (docs/claims.md says how they look); all of the ledger if absent',
        (text, list: string[]) => append(notEmpty(text), list),
      )
      .option('--jobs <number>', 'threads (default: one per core)', wholeNumber(1, 256))
      .option('-o, --output <folder>', 'where to write', notEmpty, join('out', 'validate'))
      .option('--no-files', 'print the tables, and write nothing')
      .option(
        '--bound <percent>',
        'mean absolute percentage error that each claim may have, instead of the bound that it states',
        percent,
      )
      .addOption(
        new Option(
          '--write-intervals <file>',
          'write what the intervals of predictions are made of, learnt from these points',
        ).hideHelp(),
      )
      .action(async (what, options) => (await import('./validate.ts')).validate(what, options)),
    [
      ['stepcast validate', 'the whole ledger'],
      ['stepcast validate tf_benchmarks_2017 --jobs 4', 'one of its sources'],
      ['stepcast validate ./measurements -o out/measurements', 'a folder of your own claims'],
      ['stepcast validate ./measurements.yaml --bound 15', 'exit code 1 beyond 15 %'],
    ],
  );
  examples(
    commandNamed('validate', program)
      .command('local')
      .summary('hold predictions against this machine')
      .description(
        'Measures layers on this machine (or takes a profile that `stepcast calibrate` wrote), predicts the steps of models that are not among them, runs these, and prints how far off the predictions are: on one thread, on two, and cut between two devices. Exit code 1 where a mean error is beyond its bound.',
      )
      .option(
        '--profile <file>',
        'a profile of this machine on one thread, instead of measuring now',
        notEmpty,
      )
      .option('--quick', 'fewer layers and runs: less accurate')
      .action(async (options) => (await import('./validate-local.ts')).validateLocal(options)),
    [['stepcast validate local', 'takes some minutes']],
  );

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
      .action(async (options) => (await import('./calibrate.ts')).calibrate(options)),
    [
      ['stepcast calibrate -o my-machine.json', ''],
      ['stepcast validate local --profile my-machine.json', ''],
    ],
  );

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
      .action(async (name, options) => (await import('./inspect.ts')).inspect(name, options)),
    [
      ['stepcast inspect inception-v3 --batch 32', ''],
      ['stepcast inspect gpt --set layers=24 --set width=1024 --set heads=16 --batch 1', ''],
      ['stepcast inspect ./bert.onnx --dim batch=8 --dim sequence=128 --device v100', ''],
    ],
  );

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
      .action(async (name, options) => (await import('./exec.ts')).exec(name, options)),
    [
      ['stepcast exec ./model.onnx --inputs image=cat.npy --profile', ''],
      ['stepcast exec ./model.onnx --inputs test_data_set_0 -o out.safetensors', ''],
      ['stepcast exec mnist-cnn --training --batch 64 --runs 20 --profile', ''],
    ],
  );

  examples(
    program
      .command('replay')
      .summary('replay execution traces on another network, or with faster kernels')
      .description(
        'Replays Chakra execution traces (one .et per rank) on a network, or traces of torch.profiler (JSON) with what waited for what. Packed by gzip or not.',
      )
      .argument('<trace...>', 'the traces of all ranks', (text, list: string[]) =>
        append(notEmpty(text), list),
      )
      .addOption(
        new Option('--topology <kind>', 'what joins the ranks (default: switch)').choices(['ring', 'switch']),
      )
      .option('--link <id>', 'the link of each rank (`stepcast devices` lists them)', notEmpty)
      .option('--bandwidth <rate>', 'or its bandwidth each way, e.g. "50 GB/s", …', notEmpty)
      .option('--latency <time>', '… and the latency from rank to rank', notEmpty)
      .option('--algorithm <collective=name>', 'e.g. all-reduce=tree; may be given several times', append)
      .option('--splits <number>', 'parts that collectives are cut into', wholeNumber(1, 1024))
      .option('--splits-at-once <number>', 'how many of them are under way at a time', wholeNumber(1, 1024))
      .option('--endpoint <time>', 'what a rank needs to take in a message', notEmpty)
      .option('--memory-bandwidth <rate>', "of the ranks' memory, for sums and memory nodes", notEmpty)
      .option('--peak <rate>', 'arithmetic of a rank, for nodes that were not measured', notEmpty)
      .option('--tick <time>', 'cut times of messages to whole ticks, e.g. "1 ns"', notEmpty)
      .addOption(
        new Option(
          '--dependencies <which>',
          'which dependencies of Chakra nodes count (default: all)',
        ).choices(['all', 'data']),
      )
      .option('--speed <part=factor>', 'what if kernels of this name were so many times as fast', append)
      .option('--host-speed <factor>', 'what if hosts were so many times as fast', notEmpty)
      .option('--write <prefix>', 'write what is replayed as Chakra traces prefix.0.et, …', notEmpty)
      .option('--top <number>', 'how many names to list', wholeNumber(1, 1_000_000), 10)
      .option('--json', 'print everything as JSON')
      .action(async (paths, options) => (await import('./replay.ts')).replay(paths, options)),
    [
      ['stepcast replay all_reduce.*.et --topology ring --bandwidth "50 GB/s" --latency "500 ns"', ''],
      ['stepcast replay worker*.pt.trace.json.gz --speed nccl=2 --host-speed 1.5', ''],
    ],
  );

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
      .action(async (model, options) => (await import('./place.ts')).place(model, options)),
    [
      ['stepcast place inception-v3 --cluster scenarios/placement.yaml', ''],
      ['stepcast place nmt --cluster dgx-1-v100 --placer heft,learned-list --seeds 5', ''],
      ['stepcast place ./model.onnx --cluster dgx-a100 --placer all --evaluations 2000', ''],
    ],
  );

  examples(
    program
      .command('pretrain')
      .summary('teach the learned list scheduler on generated graphs')
      .description(
        'Teaches the policy of the placer learned-list on generated training graphs (recurrent, layered, chains) on clusters of all kinds, and writes it to a file. One comes with the package; this makes it again, or another. Minutes.',
      )
      .option('-o, --output <file>', 'where to write', notEmpty, 'policy.json')
      .option('--problems <number>', 'graphs to learn on', wholeNumber(1, 1_000_000))
      .option('--seed <number>', 'of the graphs and of what is drawn (default: 1)', seed)
      .action(async (options) => (await import('./pretrain.ts')).pretrain(options)),
    [
      ['stepcast pretrain -o policy.json', 'the policy that comes with the package'],
      ['stepcast pretrain --problems 200 --seed 7 -o quick.json', ''],
    ],
  );

  const list = async () => import('./lists.ts');
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
      .action(async (id, options) => (await import('./catalog-lists.ts')).devices(id, options)),
    [
      ['stepcast devices', ''],
      ['stepcast devices --nodes', 'what `cluster.workers.node` may say'],
      ['stepcast devices dgx-a100', 'what it is made of, and where that is from'],
      ['stepcast devices v100', 'every number with its source'],
    ],
  );
  examples(
    program
      .command('models')
      .summary('models of the zoo')
      .description('Lists the models of the zoo.')
      .action(async () => (await list()).models()),
    [['stepcast models', '']],
  );
  examples(
    program
      .command('placers')
      .summary('programs that choose a device for each op')
      .description('Lists the placers: programs that choose a device for each op.')
      .action(async () => (await list()).placers()),
    [['stepcast placers', '']],
  );
  examples(
    program
      .command('strategies')
      .summary('ways in which workers combine their gradients')
      .description('Lists the strategies: how workers combine their gradients.')
      .action(async () => (await list()).strategies()),
    [['stepcast strategies', '']],
  );
  examples(
    program
      .command('schema')
      .summary('JSON Schema of scenario files, for editors')
      .description('Prints the JSON Schema of scenario files, for editors.')
      .option('--claims', 'that of files of claims (docs/claims.md) instead')
      .action(async (options) => (await list()).schema(options)),
    [
      ['stepcast schema > scenario.schema.json', ''],
      ['stepcast schema --claims > claims.schema.json', ''],
    ],
  );
  program
    .command('help')
    .summary('print the help of a command')
    .argument('[command]')
    .action((name) => (name === undefined ? program : commandNamed(name, program)).outputHelp());
  return program;
}

function commandNamed(name: string, { commands }: Command): Command {
  const found = commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  throw new UserError(
    unknownName(
      'command',
      name,
      commands.map((command) => command.name()),
    ),
  );
}

/** Commander's message on one line, with where to look. */
function usageError(text: string): string {
  const line = printable(text.trim().replace(/\s*\n\(Did you mean (.*?)\?\)/, '; did you mean $1?'));
  return `${line.includes('did you mean') ? line : `${line.replace(/\.$/, '')}; see stepcast --help`}\n`;
}
