import { invariant, UserError, unknownName } from '../../base/errors.ts';
import { quoted } from '../../base/text.ts';

/** Kinds of operations in the trace of a pipelined job, in the order of OP_NAMES. */
export const PipelineOp = {
  forwardCompute: 0,
  backwardCompute: 1,
  forwardSend: 2,
  forwardRecv: 3,
  backwardSend: 4,
  backwardRecv: 5,
  paramsAllGather: 6,
  garbageCollection: 7,
  layernormGradsAllReduce: 8,
  embeddingGradsAllReduce: 9,
  gradsReduceScatter: 10,
  clipGradients: 11,
  optimizer: 12,
} as const;

/** What the trace calls them. */
export const OP_NAMES = [
  'forward-compute',
  'backward-compute',
  'forward-send',
  'forward-recv',
  'backward-send',
  'backward-recv',
  'params-all-gather',
  'gc',
  'layernorm-grads-all-reduce',
  'embedding-grads-all-reduce',
  'grads-reduce-scatter',
  'optimizer-clip-main-grad',
  'optimizer',
] as const;

export const OP_COUNT = OP_NAMES.length;

/** One training step of a recorded job: a row per operation, by worker, then op, then order. */
export interface PipelineStep {
  /** The number that the trace gives it. */
  readonly number: number;
  readonly count: number;
  /** Per row: replica · stages + stage. */
  readonly worker: Int32Array;
  /** Per row: a PipelineOp. */
  readonly op: Uint8Array;
  /** Per row: recorded start in seconds, on the clock of the job. */
  readonly start: Float64Array;
  /** Per row: recorded seconds from start to end; communication includes waiting for its peers. */
  readonly seconds: Float64Array;
  /** Rows of an op on a worker, in order: first[worker · OP_COUNT + op] until the next entry. */
  readonly first: Int32Array;
}

/** What was recorded of a job that trains `replicas` copies of a model cut into `stages`, one worker each. */
export interface PipelineJob {
  readonly replicas: number;
  readonly stages: number;
  readonly steps: readonly PipelineStep[];
}

/** Columns that a trace must have; others are not read. `seq_id` numbers the ops of a type on a worker in a step. */
const COLUMNS = ['dp_rank', 'stage', 'step', 'optype', 'start_ts', 'duration', 'seq_id', 'mc'] as const;

/**
 * Reads the trace of a job with data and pipeline parallelism: CSV with a header and one row per operation, in the
 * format of ByteDance's straggler traces (github.com/ByteDance-Seed/StragglerAnalysis). Rows may come in any order.
 * Pipelines with several model chunks per stage and gradients exchanged during the backward pass are not read.
 *
 * @param name what messages call the trace, e.g. its file name
 * @throws UserError where a row is not of that format, or a worker lacks operations that it must have
 */
export function readPipelineJob(text: string, name: string): PipelineJob {
  const rows = readRows(text, name);
  const { count } = rows;
  const replicas = 1 + largest(rows.replica);
  const stages = 1 + largest(rows.stage);
  const workers = replicas * stages;
  if (workers > count) {
    throw new UserError(`${name}: ${replicas} replicas of ${stages} stages, but only ${count} operations`);
  }
  const numbers = [...new Set(rows.step)].sort((a, b) => a - b);
  const stepIndex = new Map(numbers.map((number, index) => [number, index]));
  const cell = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const worker = rows.replica[i]! * stages + rows.stage[i]!;
    cell[i] = (stepIndex.get(rows.step[i]!)! * workers + worker) * OP_COUNT + rows.op[i]!;
  }
  const sorted = Uint32Array.from(cell.keys()).sort(
    (a, b) => cell[a]! - cell[b]! || rows.order[a]! - rows.order[b]!,
  );
  const steps: PipelineStep[] = [];
  let next = 0;
  for (const number of numbers) {
    const begin = next;
    while (next < count && rows.step[sorted[next]!] === number) next++;
    steps.push(stepOf(rows, sorted.subarray(begin, next), number, workers, stages, name));
  }
  return { replicas, stages, steps };
}

/** Name of a row's op for messages, e.g. `forward-compute 3 of replica 0, stage 1`. */
export function rowName(job: PipelineJob, step: PipelineStep, row: number): string {
  const worker = step.worker[row]!;
  const op = step.op[row]!;
  const order = row - step.first[worker * OP_COUNT + op]!;
  return `${OP_NAMES[op]} ${order} of replica ${Math.floor(worker / job.stages)}, stage ${worker % job.stages}`;
}

/** Recorded seconds of a step: from its first operation's start to its last one's end. */
export function measuredSeconds(step: PipelineStep): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < step.count; row++) {
    first = Math.min(first, step.start[row]!);
    last = Math.max(last, step.start[row]! + step.seconds[row]!);
  }
  return last - first;
}

function stepOf(
  rows: Rows,
  sorted: Uint32Array,
  number: number,
  workers: number,
  stages: number,
  name: string,
): PipelineStep {
  const first = new Int32Array(workers * OP_COUNT + 1);
  const worker = Int32Array.from(sorted, (i) => rows.replica[i]! * stages + rows.stage[i]!);
  const op = Uint8Array.from(sorted, (i) => rows.op[i]!);
  for (let row = 0; row < sorted.length; row++) first[worker[row]! * OP_COUNT + op[row]! + 1]!++;
  for (let c = 0; c < workers * OP_COUNT; c++) first[c + 1]! += first[c]!;
  for (let row = 0; row < sorted.length; row++) {
    const i = sorted[row]!;
    const expected = row - first[worker[row]! * OP_COUNT + op[row]!]!;
    if (rows.order[i] !== expected) {
      const what = `${OP_NAMES[op[row]!]} of dp_rank ${rows.replica[i]}, stage ${rows.stage[i]}`;
      throw new UserError(
        `${name}: step ${number}, ${what}: seq_id ${rows.order[i]} where ${expected} is due; expected 0, 1, 2 … each once`,
      );
    }
  }
  for (let w = 0; w < workers; w++) {
    for (const needed of [PipelineOp.forwardCompute, PipelineOp.backwardCompute]) {
      if (first[w * OP_COUNT + needed] !== first[w * OP_COUNT + needed + 1]) continue;
      const place = `dp_rank ${Math.floor(w / stages)}, stage ${w % stages}`;
      throw new UserError(`${name}: step ${number}: no ${OP_NAMES[needed]} of ${place}`);
    }
  }
  return {
    number,
    count: sorted.length,
    worker,
    op,
    start: Float64Array.from(sorted, (i) => rows.start[i]!),
    seconds: Float64Array.from(sorted, (i) => rows.seconds[i]!),
    first,
  };
}

interface Rows {
  readonly count: number;
  readonly replica: Int32Array;
  readonly stage: Int32Array;
  readonly step: Int32Array;
  readonly order: Int32Array;
  readonly op: Uint8Array;
  readonly start: Float64Array;
  readonly seconds: Float64Array;
}

function readRows(text: string, name: string): Rows {
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  const header = (lines[0] ?? '').split(',');
  const at = COLUMNS.map((column) => {
    const index = header.indexOf(column);
    if (index < 0) throw new UserError(`${name}: no column "${column}"; expected ${COLUMNS.join(', ')}`);
    return index;
  });
  const count = lines.length - 1;
  if (count < 1) throw new UserError(`${name}: no operations below the header`);
  const rows = {
    count,
    replica: new Int32Array(count),
    stage: new Int32Array(count),
    step: new Int32Array(count),
    order: new Int32Array(count),
    op: new Uint8Array(count),
    start: new Float64Array(count),
    seconds: new Float64Array(count),
  };
  const codes = new Map<string, number>(OP_NAMES.map((op, code) => [op, code]));
  for (let i = 0; i < count; i++) {
    const fields = lines[i + 1]!.split(',');
    const line = `${name}:${i + 2}`;
    if (fields.length !== header.length) {
      throw new UserError(`${line}: ${fields.length} fields; expected ${header.length}`);
    }
    const field = (column: number): string => fields[at[column]!]!;
    rows.replica[i] = whole(field(0), 'dp_rank', line);
    rows.stage[i] = whole(field(1), 'stage', line);
    rows.step[i] = whole(field(2), 'step', line);
    const code = codes.get(field(3));
    if (code === undefined) throw new UserError(`${line}: ${unknownName('optype', field(3), OP_NAMES)}`);
    rows.op[i] = code;
    rows.start[i] = real(field(4), 'start_ts', line);
    rows.seconds[i] = real(field(5), 'duration', line);
    if (rows.seconds[i]! < 0)
      throw new UserError(`${line}: duration ${field(5)}; expected 0 or more seconds`);
    rows.order[i] = whole(field(6), 'seq_id', line);
    if (Number(field(7)) > 0) {
      throw new UserError(`${line}: mc ${quoted(field(7))}: several model chunks per stage are not read`);
    }
  }
  return rows;
}

function whole(field: string, column: string, line: string): number {
  if (!/^\d{1,9}$/.test(field)) {
    throw new UserError(`${line}: ${column} ${quoted(field)}; expected a whole number, 0 or more`);
  }
  return Number(field);
}

function real(field: string, column: string, line: string): number {
  const value = Number(field);
  if (field.trim() === '' || !Number.isFinite(value)) {
    throw new UserError(`${line}: ${column} ${quoted(field)}; expected seconds`);
  }
  return value;
}

function largest(values: Int32Array): number {
  invariant(values.length > 0, 'the largest of nothing');
  let most = values[0]!;
  for (const value of values) most = Math.max(most, value);
  return most;
}
