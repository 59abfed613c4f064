import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty, wholeNumber } from '../option-values.ts';

/** `stepcast replay`. */
export function define(program: Command): void {
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
      .option('--json', 'print the result as one JSON document')
      .action(async (paths, options) => (await import('../replay.ts')).replay(paths, options)),
    [
      ['stepcast replay all_reduce.*.et --topology ring --bandwidth "50 GB/s" --latency "500 ns"', ''],
      ['stepcast replay worker*.pt.trace.json.gz --speed nccl=2 --host-speed 1.5', ''],
    ],
  );
}
