import { formatInteger } from '../base/format.ts';
import { quantile } from '../base/statistics.ts';
import { formatBytes, formatFlopRate, formatPercent, formatRate, formatSeconds } from '../base/units.ts';
import { type Execution, execute, type OpProfile, type Profile } from '../scenarios/execution.ts';
import { fileJob, formatInput, type PreparedJob, zooJob } from '../scenarios/execution-job.ts';
import { assumptionLines } from '../scenarios/inspect.ts';
import { isModelFile } from '../scenarios/model-file.ts';
import {
  type OutputFacts,
  outputFacts,
  refuseOtherFormats,
  saveOutputs,
} from '../scenarios/output-values.ts';
import { dimensions, inputShapes, refuseOptions, settingsGiven } from './model-options.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import { formatTable } from './table.ts';

export interface ExecOptions {
  readonly inputs?: readonly string[];
  readonly fetch?: readonly string[];
  readonly target?: readonly string[];
  readonly signature?: string;
  readonly output?: string;
  readonly profile?: boolean;
  readonly runs?: number;
  readonly threads: number;
  readonly kernels: 'wasm' | 'plain';
  readonly training?: boolean;
  readonly seed: number;
  readonly batch?: number;
  readonly set?: readonly string[];
  readonly dim?: readonly string[];
  readonly shape?: readonly string[];
  readonly json?: boolean;
}

/** Nodes that a profile lists one by one. */
const SLOWEST = 10;
/** First elements of an output that are shown. */
const SHOWN = 6;

/** `stepcast exec`: what comes out of a model, and how long its ops take here. */
export function exec(model: string, options: ExecOptions): void {
  const { profile = false, threads, kernels, seed, output } = options;
  if (output !== undefined) refuseOtherFormats(output);
  const prepared = prepare(model, options);
  const progress = progressOn(process.stderr);
  const execution = execute(prepared.job, {
    runs: options.runs ?? (profile ? 5 : 1),
    threads,
    kernels,
    seed,
    profile,
    // Only where it can be drawn over: most models are done before anybody could read it.
    onRun: (run, runs) => process.stderr.isTTY && progress.show(`${model}: run ${run + 1} of ${runs}`),
  });
  progress.end();
  if (output !== undefined) saveOutputs(output, execution.outputs);
  if (options.json === true) printJson(executionJson(model, prepared, execution, options));
  else process.stdout.write(executionText(model, prepared, execution, options));
}

function prepare(model: string, options: ExecOptions): PreparedJob {
  const {
    batch,
    set,
    dim,
    shape,
    target,
    signature,
    training,
    inputs = [],
    fetch: fetches = [],
    seed,
  } = options;
  if (isModelFile(model)) {
    refuseOptions({ '--batch': batch, '--set': set }, 'a file has its own sizes; --dim binds symbolic ones');
    refuseOptions({ '--training': training }, 'a file is run as it is');
    const choice = { ...(target && { targets: target }), ...(signature !== undefined && { signature }) };
    const sizes = { dims: dimensions(dim), shapes: inputShapes(shape) };
    return fileJob(model, { ...sizes, ...choice }, { inputs, fetches, seed });
  }
  refuseOptions(
    { '--dim': dim, '--shape': shape, '--target': target, '--signature': signature },
    'is for model files',
  );
  return zooJob(model, settingsGiven(set), batch ?? 32, training === true, { inputs, fetches, seed });
}

function executionJson(
  model: string,
  { drawn, assumptions }: PreparedJob,
  { nodes, runSeconds, firstScalars, peakBytes, outputs, profile }: Execution,
  { threads, kernels, seed, output }: ExecOptions,
): object {
  return {
    model,
    nodes,
    threads,
    kernels,
    seed,
    medianSeconds: quantile(runSeconds, 0.5),
    runSeconds,
    peakBytes,
    drawnInputs: drawn.map(formatInput),
    assumptions: assumptionLines(assumptions),
    firstScalars,
    outputs: outputFacts(outputs, SHOWN),
    profile: profile ?? null,
    file: output ?? null,
  };
}

function executionText(
  model: string,
  { drawn, assumptions }: PreparedJob,
  { nodes, runSeconds, firstScalars, peakBytes, outputs, profile }: Execution,
  { threads, kernels, seed, output }: ExecOptions,
): string {
  const runs = runSeconds.length;
  const time = formatSeconds(quantile(runSeconds, 0.5));
  const on = `${threads} thread${threads === 1 ? '' : 's'}, ${kernels === 'wasm' ? 'WebAssembly' : 'plain'} kernels`;
  const lines = [
    `${model}: ${formatInteger(nodes)} nodes; ${runs === 1 ? `one run in ${time}` : `${runs} runs, median ${time}`} (${on}); at most ${formatBytes(peakBytes)} of values`,
  ];
  if (drawn.length > 0) lines.push(`drawn at random (seed ${seed}): ${drawn.map(formatInput).join(', ')}`);
  lines.push(...assumptionLines(assumptions));
  if (firstScalars.length > 1) lines.push(`${outputs[0]!.name}, run by run: ${shownNumbers(firstScalars)}`);
  lines.push('', outputsTable(outputFacts(outputs, SHOWN)));
  if (output !== undefined) lines.push(`written to ${output}`);
  if (profile !== undefined) lines.push(profileText(profile));
  return `${lines.join('\n').trimEnd()}\n`;
}

function outputsTable(outputs: readonly OutputFacts[]): string {
  const of = (which: 'least' | 'mean' | 'greatest') =>
    outputs.map(({ range }) => (range === undefined ? '' : shownNumber(range[which])));
  return formatTable([
    { header: 'output', cells: outputs.map(({ name }) => name) },
    { header: 'type and shape', cells: outputs.map(({ spec }) => spec) },
    { header: 'least', align: 'right', cells: of('least') },
    { header: 'mean', align: 'right', cells: of('mean') },
    { header: 'greatest', align: 'right', cells: of('greatest') },
    { header: 'first elements', cells: outputs.map(firstElements) },
  ]);
}

function firstElements({ first, elements }: OutputFacts): string {
  const texts = first.map((element) =>
    typeof element === 'bigint' ? String(element) : shownNumber(element),
  );
  return texts.join(' ') + (elements > first.length ? ' …' : '');
}

const shownNumber = (value: number): string => String(Number(value.toPrecision(6)));
const shownNumbers = (values: readonly number[]): string =>
  values.slice(0, 20).map(shownNumber).join(' ') + (values.length > 20 ? ' …' : '');

function profileText({ ceiling, ops, nodes }: Profile): string {
  const total = ops.reduce((sum, { seconds }) => sum + seconds, 0);
  const columns = (rows: readonly OpProfile[]) => [
    { header: 'time', align: 'right' as const, cells: rows.map(({ seconds }) => formatSeconds(seconds)) },
    {
      header: 'share',
      align: 'right' as const,
      cells: rows.map(({ seconds }) => formatPercent(seconds / total)),
    },
    {
      header: 'arithmetic',
      align: 'right' as const,
      cells: rows.map(({ flops, seconds }) => (flops === 0 ? '' : formatFlopRate(flops / seconds))),
    },
    {
      header: 'memory',
      align: 'right' as const,
      cells: rows.map(({ bytes, seconds }) => (bytes === 0 ? '' : formatRate(bytes / seconds))),
    },
    {
      header: 'of roofline',
      align: 'right' as const,
      cells: rows.map(({ flops, bytes, rooflineShare }) =>
        flops + bytes === 0 ? '' : formatPercent(rooflineShare),
      ),
    },
  ];
  const slowest = nodes.slice(0, SLOWEST);
  return [
    formatTable([
      { header: 'op', cells: ops.map(({ op }) => op) },
      { header: 'nodes', align: 'right', cells: ops.map((op) => formatInteger(op.nodes)) },
      ...columns(ops),
    ]),
    formatTable([
      { header: 'slowest nodes', cells: slowest.map(({ name, op }) => `${name} (${op})`) },
      ...columns(slowest),
    ]),
    `times: medians of each node, ${formatSeconds(total)} in all; roofline: ${formatFlopRate(ceiling.flopsPerSecond)} (a product of 512 × 512 matrices) and ${formatRate(ceiling.bytesPerSecond)} (a sum of 4 Mi elements), measured just now; what fits into the caches may exceed it`,
  ].join('\n');
}
