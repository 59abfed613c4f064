import { mean, quantile } from '../../base/statistics.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../activity-graph.ts';
import { OP_NAMES, type PipelineJob, PipelineOp, type PipelineStep, rowName } from './pipeline-job.ts';
import { type PipelineDependencies, pipelineDependencies } from './pipeline-job-dependencies.ts';

/** What a recorded step tells about its operations apart from their waiting for each other. */
export interface StepWork {
  readonly step: PipelineStep;
  readonly dependencies: PipelineDependencies;
  /**
   * Per row: seconds of its own. Of communication, the seconds after its last peer was launched (the paper's transfer
   * duration); peers' clocks may differ by a little, and no transfer takes less than 0.
   */
  readonly seconds: Float64Array;
  /**
   * Per row: seconds between the end of the last operation that it waits for on its worker (or the start of the step)
   * and its recorded start: time of the host, data loading and the like, which the trace does not show otherwise.
   */
  readonly launchSeconds: Float64Array;
}

/** Takes a recorded step apart into work and waiting. @throws UserError as `pipelineDependencies` does */
export function stepWork(job: PipelineJob, step: PipelineStep): StepWork {
  const dependencies = pipelineDependencies(job, step);
  const { before, behind, group, groups } = dependencies;
  const { start, count } = step;
  const end = start.map((from, row) => from + step.seconds[row]!);

  const lastLaunch = new Float64Array(groups).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < count; row++) {
    const g = group[row]!;
    if (g >= 0) lastLaunch[g] = Math.max(lastLaunch[g]!, start[row]!);
  }
  const seconds = step.seconds.map((recorded, row) => {
    const g = group[row]!;
    return g < 0 ? recorded : Math.max(0, end[row]! - lastLaunch[g]!);
  });

  let stepStart = Number.POSITIVE_INFINITY;
  for (const from of start) stepStart = Math.min(stepStart, from);
  const ready = new Float64Array(count).fill(stepStart);
  for (let e = 0; e < before.length; e++) ready[behind[e]!] = Math.max(ready[behind[e]!]!, end[before[e]!]!);
  const launchSeconds = start.map((from, row) => Math.max(0, from - ready[row]!));
  return { step, dependencies, seconds, launchSeconds };
}

/** Ops whose duration without stragglers is the mean over all ranks; of the others, communication, the median. */
const COMPUTED: ReadonlySet<number> = new Set([
  PipelineOp.forwardCompute,
  PipelineOp.backwardCompute,
  PipelineOp.garbageCollection,
  PipelineOp.optimizer,
]);

/**
 * Per kind of op, its seconds if no worker straggled: over all workers and steps, the mean of computation (the work is
 * there, but evenly spread) and the median of communication (whose long tail is a fault of the network). Stages are
 * not told apart, so that a stage with too many layers counts as a straggler too. As Lin et al. 2025 do it (see
 * `pipelineDependencies`; analyzer/analysis_util.py of their analysis).
 */
export function idealSeconds(works: readonly StepWork[]): Float64Array {
  const byOp: number[][] = OP_NAMES.map(() => []);
  for (const { step, seconds } of works) {
    for (let row = 0; row < step.count; row++) byOp[step.op[row]!]!.push(seconds[row]!);
  }
  return Float64Array.from(byOp, (values, op) => (COMPUTED.has(op) ? mean(values) : quantile(values, 0.5)));
}

/** Per row, its seconds without stragglers. `ideal` as from `idealSeconds`. */
export function withoutStragglers(step: PipelineStep, ideal: Float64Array): Float64Array {
  return Float64Array.from(step.op, (op) => ideal[op]!);
}

/**
 * The step as an activity graph: activity i is row i, workers are devices, and rows take `seconds` (those recorded,
 * those without stragglers, or any between: what-if). Communication occupies nothing but its place in the order.
 *
 *     const job = readPipelineJob(text, 'trace.csv');
 *     const works = job.steps.map((step) => stepWork(job, step));
 *     const recorded = replayGraph(job, works[0]!, works[0]!.seconds);
 *     const ideal = replayGraph(job, works[0]!, withoutStragglers(works[0]!.step, idealSeconds(works)));
 *
 * With `launchSeconds`, each row starts so much later than its dependencies allow: the replay of a step with its own
 * launch seconds is the recording.
 */
export function replayGraph(
  job: PipelineJob,
  { step, dependencies }: Pick<StepWork, 'step' | 'dependencies'>,
  seconds: Float64Array,
  launchSeconds?: Float64Array,
): ActivityGraph {
  const { before, behind, group, groups } = dependencies;
  const write = new ActivityGraphBuilder();
  const streams = Array.from({ length: job.replicas * job.stages }, (_, worker) => write.stream(worker));
  for (let row = 0; row < step.count; row++) {
    const name = rowName(job, step, row);
    if (COMPUTED.has(step.op[row]!)) write.compute(streams[step.worker[row]!]!, seconds[row]!, name);
    else write.delay(seconds[row]!, name);
  }
  const meeting = Array.from({ length: groups }, (_, g) => write.join(`meeting ${g}`));
  /** Where a row's dependencies lead: its launch, its group's meeting, or itself, whichever comes first. */
  const entry = new Int32Array(step.count);
  for (let row = 0; row < step.count; row++) {
    const g = group[row]!;
    if (g >= 0) write.after(meeting[g]!, row);
    const first = g >= 0 ? meeting[g]! : row;
    if (launchSeconds === undefined) {
      entry[row] = first;
    } else {
      entry[row] = write.delay(launchSeconds[row]!, `launch of ${rowName(job, step, row)}`);
      write.after(entry[row]!, first);
    }
  }
  for (let e = 0; e < before.length; e++) write.after(before[e]!, entry[behind[e]!]!);
  return write.finish();
}
