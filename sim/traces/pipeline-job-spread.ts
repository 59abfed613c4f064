import { invariant, UserError } from '../../base/errors.ts';
import { mean, quantile } from '../../base/statistics.ts';
import { OP_COUNT, OP_NAMES, type PipelineJob, PipelineOp } from './pipeline-job.ts';

/** Forward and backward passes of a recorded job, each relative to the usual time of its like. */
export interface RelativeDurations {
  /** Recorded seconds over the median of all ops of the same type on the same stage. */
  readonly ratio: Float64Array;
  /** Per ratio, whose it is. */
  readonly replica: Int32Array;
  readonly stage: Int32Array;
  readonly step: Int32Array;
  readonly microBatch: Int32Array;
}

const PASSES = [PipelineOp.forwardCompute, PipelineOp.backwardCompute] as const;

/**
 * How much longer or shorter than usual each pass took, of the workers that `wanted` lets through (the medians are
 * always those of all). The k-th pass of a worker in a step is taken for that of micro-batch k, as in pipelines without
 * interleaving.
 */
export function relativeDurations(
  job: PipelineJob,
  wanted: (replica: number, stage: number) => boolean = () => true,
): RelativeDurations {
  const columns = { ratio: [], replica: [], stage: [], step: [], microBatch: [] } as Record<
    keyof RelativeDurations,
    number[]
  >;
  for (const op of PASSES) {
    for (let stage = 0; stage < job.stages; stage++) {
      const usual = usualSeconds(job, op, stage);
      if (usual === 0) throw new UserError(`${OP_NAMES[op]} of stage ${stage}: half of them took no time`);
      job.steps.forEach((step, index) => {
        for (let replica = 0; replica < job.replicas; replica++) {
          const cell = (replica * job.stages + stage) * OP_COUNT + op;
          if (!wanted(replica, stage)) continue;
          for (let row = step.first[cell]!; row < step.first[cell + 1]!; row++) {
            columns.ratio.push(step.seconds[row]! / usual);
            columns.replica.push(replica);
            columns.stage.push(stage);
            columns.step.push(index);
            columns.microBatch.push(row - step.first[cell]!);
          }
        }
      });
    }
  }
  return {
    ratio: Float64Array.from(columns.ratio),
    replica: Int32Array.from(columns.replica),
    stage: Int32Array.from(columns.stage),
    step: Int32Array.from(columns.step),
    microBatch: Int32Array.from(columns.microBatch),
  };
}

/** Median seconds of all ops of a type on a stage, over replicas and steps. */
export function usualSeconds(job: PipelineJob, op: number, stage: number): number {
  const seconds: number[] = [];
  for (const step of job.steps) {
    for (let replica = 0; replica < job.replicas; replica++) {
      const cell = (replica * job.stages + stage) * OP_COUNT + op;
      for (let row = step.first[cell]!; row < step.first[cell + 1]!; row++) seconds.push(step.seconds[row]!);
    }
  }
  return quantile(seconds, 0.5);
}

/** A distribution as a table: its quantiles at `points` equally spaced probabilities from 0 to 1. */
export function quantileTable(values: ArrayLike<number>, points: number): number[] {
  invariant(points >= 2, 'a table of quantiles has two ends');
  const sorted = Float64Array.from(values).sort();
  return Array.from({ length: points }, (_, i) => quantile(sorted, i / (points - 1)));
}

/** Variances of the logarithm of relative durations, by what they come with. They add up to that of one pass. */
export interface SpreadComponents {
  /** All stages of a replica, in all steps. */
  readonly replica: number;
  /** One worker, in all steps. */
  readonly worker: number;
  /** All stages of a replica, in one step. */
  readonly step: number;
  /** A micro-batch: its forward and backward passes on all stages. */
  readonly microBatch: number;
  /** A single pass. */
  readonly pass: number;
}

/**
 * What the spread of relative durations comes with: variance components by analysis of variance, i.e. mean squares
 * equated with their expectations under the model
 *
 *     ln ratio = replica + worker of replica + step of replica + micro-batch of step + pass
 *
 * with independent random effects (Searle, Casella & McCulloch, Variance Components, 1992, chapter 4). Estimates below
 * zero are given as zero.
 *
 * @throws UserError unless every replica has the same stages, steps and micro-batches, more than one of each
 */
export function spreadComponents(durations: RelativeDurations): SpreadComponents {
  const { replica, stage, step, microBatch } = durations;
  const log = durations.ratio.map(Math.log);
  const count = log.length;
  const byReplica = grouped(log, [replica]);
  const byWorker = grouped(log, [replica, stage]);
  const byStep = grouped(log, [replica, step]);
  const byBatch = grouped(log, [replica, step, microBatch]);
  const each = [byReplica, byWorker, byStep, byBatch].map(({ groups }) => count / groups);
  const [perReplica, perWorker, perStep, perBatch] = each as [number, number, number, number];
  const byPlace = grouped(log, [replica, stage, step, microBatch]);
  if (![byReplica, byWorker, byStep, byBatch, byPlace].every(({ balanced }) => balanced)) {
    throw new UserError('variance components need the same stages, steps and micro-batches in every replica');
  }
  const nested = byReplica.groups;
  const freedom = {
    replica: nested - 1,
    worker: byWorker.groups - nested,
    step: byStep.groups - nested,
    batch: byBatch.groups - byStep.groups,
    pass: count - byWorker.groups - byBatch.groups + nested,
  };
  if (Math.min(...Object.values(freedom)) < 1) {
    throw new UserError('variance components need two or more replicas, stages, steps and micro-batches');
  }
  const overall = mean(log);
  const squares = { replica: 0, worker: 0, step: 0, batch: 0, pass: 0 };
  for (let i = 0; i < count; i++) {
    const ofReplica = byReplica.meanOf(i);
    const ofWorker = byWorker.meanOf(i);
    const ofStep = byStep.meanOf(i);
    const ofBatch = byBatch.meanOf(i);
    squares.replica += (ofReplica - overall) ** 2;
    squares.worker += (ofWorker - ofReplica) ** 2;
    squares.step += (ofStep - ofReplica) ** 2;
    squares.batch += (ofBatch - ofStep) ** 2;
    squares.pass += (log[i]! - ofBatch - ofWorker + ofReplica) ** 2;
  }
  const pass = squares.pass / freedom.pass;
  const batch = squares.batch / freedom.batch;
  const steps = squares.step / freedom.step;
  const workers = squares.worker / freedom.worker;
  const replicas = squares.replica / freedom.replica;
  return {
    replica: Math.max(0, (replicas - workers - steps + pass) / perReplica),
    worker: Math.max(0, (workers - pass) / perWorker),
    step: Math.max(0, (steps - batch) / perStep),
    microBatch: Math.max(0, (batch - pass) / perBatch),
    pass,
  };
}

/** Means of the values that agree in all of `keys`, and whether they are equally many everywhere. */
function grouped(
  values: Float64Array,
  keys: readonly Int32Array[],
): { readonly groups: number; readonly balanced: boolean; meanOf(i: number): number } {
  const numbers = new Map<string, number>();
  const groupOf = values.map((_, i) => {
    const key = keys.map((column) => column[i]).join();
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
  const groups = numbers.size;
  const sum = new Float64Array(groups);
  const size = new Float64Array(groups);
  for (let i = 0; i < values.length; i++) {
    sum[groupOf[i]!]! += values[i]!;
    size[groupOf[i]!]!++;
  }
  return {
    groups,
    balanced: size.every((n) => n === size[0]),
    meanOf: (i) => sum[groupOf[i]!]! / size[groupOf[i]!]!,
  };
}
