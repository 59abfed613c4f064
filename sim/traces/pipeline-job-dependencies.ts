import { UserError } from '../../base/errors.ts';
import { OP_COUNT, OP_NAMES, type PipelineJob, PipelineOp, type PipelineStep } from './pipeline-job.ts';

/** What each operation of a recorded step waits for. */
export interface PipelineDependencies {
  /** On one worker: row before[e] must have ended before row behind[e] is launched. */
  readonly before: Int32Array;
  readonly behind: Int32Array;
  /**
   * Between workers: per row, its communication group; −1 where it waits for no peer. A group's transfer starts when
   * all its rows are launched.
   */
  readonly group: Int32Array;
  readonly groups: number;
}

/** After the last backward pass a worker does these one after the other. */
const CLOSING = [
  PipelineOp.garbageCollection,
  PipelineOp.layernormGradsAllReduce,
  PipelineOp.embeddingGradsAllReduce,
  PipelineOp.gradsReduceScatter,
  PipelineOp.clipGradients,
  PipelineOp.optimizer,
] as const;

/** Messages between neighbouring stages: who sends to whom, and the compute that makes and needs them. */
const MESSAGES = [
  {
    send: PipelineOp.forwardSend,
    receive: PipelineOp.forwardRecv,
    compute: PipelineOp.forwardCompute,
    towards: 1,
  },
  {
    send: PipelineOp.backwardSend,
    receive: PipelineOp.backwardRecv,
    compute: PipelineOp.backwardCompute,
    towards: -1,
  },
] as const;

/**
 * Dependencies of a pipelined training step: the model of Lin et al., "Understanding Stragglers in Large Model Training
 * Using What-if Analysis" (OSDI 2025, arXiv:2505.05713), in the detail of its published analysis
 * (github.com/ByteDance-Seed/StragglerAnalysis, analyzer/dependency_model.py). On each worker:
 *
 * - computes run one at a time, in the order recorded; so do the messages of each kind;
 * - the k-th message is sent after the k-th compute and received before it, and a receive is posted only when the
 *   compute of the micro-batch before has ended;
 * - parameters are gathered before the first forward pass; the closing ops follow the last backward pass in turn.
 *
 * Between workers: a message needs its sender and its receiver, the gather and the scatter all replicas of their stage,
 * the embedding's all-reduce the first and the last stage of a replica, gradient clipping everybody.
 *
 * @throws UserError where peers recorded different numbers of operations
 */
export function pipelineDependencies(job: PipelineJob, step: PipelineStep): PipelineDependencies {
  const before: number[] = [];
  const behind: number[] = [];
  const after = (first: number, second: number): void => {
    before.push(first);
    behind.push(second);
  };
  for (let worker = 0; worker < job.replicas * job.stages; worker++) {
    for (const { send, receive, compute, towards } of MESSAGES) {
      const stage = worker % job.stages;
      checkMessages(job, step, worker, send, compute, stage + towards);
      checkMessages(job, step, worker, receive, compute, stage - towards);
    }
    chainWorker(step, worker, after);
  }
  return {
    before: Int32Array.from(before),
    behind: Int32Array.from(behind),
    ...communicationGroups(job, step),
  };
}

function chainWorker(step: PipelineStep, worker: number, after: (a: number, b: number) => void): void {
  const begin = (op: number): number => step.first[worker * OP_COUNT + op]!;
  const end = (op: number): number => step.first[worker * OP_COUNT + op + 1]!;

  const computes = computesInOrder(step, begin(PipelineOp.forwardCompute), end(PipelineOp.backwardCompute));
  for (let i = 1; i < computes.length; i++) after(computes[i - 1]!, computes[i]!);

  for (const { send, receive, compute } of MESSAGES) {
    for (let row = begin(send); row < end(send); row++) {
      if (row > begin(send)) after(row - 1, row);
      after(begin(compute) + row - begin(send), row);
    }
    for (let row = begin(receive); row < end(receive); row++) {
      const needs = begin(compute) + row - begin(receive);
      if (row > begin(receive)) {
        after(row - 1, row);
        after(needs - 1, row);
      }
      after(row, needs);
    }
  }

  let last = -1;
  for (let row = begin(PipelineOp.paramsAllGather); row < end(PipelineOp.paramsAllGather); row++) {
    if (last >= 0) after(last, row);
    last = row;
  }
  if (last >= 0) after(last, begin(PipelineOp.forwardCompute));

  last = computes.at(-1)!;
  for (const op of CLOSING) {
    for (let row = begin(op); row < end(op); row++) {
      after(last, row);
      last = row;
    }
  }
}

/** Rows of forward and backward passes (stored side by side) by recorded start. */
function computesInOrder(step: PipelineStep, begin: number, end: number): number[] {
  const rows = Array.from({ length: end - begin }, (_, i) => begin + i);
  return rows.sort((a, b) => step.start[a]! - step.start[b]! || a - b);
}

function communicationGroups(
  job: PipelineJob,
  step: PipelineStep,
): Pick<PipelineDependencies, 'group' | 'groups'> {
  const { replicas, stages } = job;
  const group = new Int32Array(step.count).fill(-1);
  let groups = 0;

  /** The k-th `op` of each of the workers (with the k-th of theirs) is one group. */
  const meet = (members: readonly { readonly worker: number; readonly op: number }[]): void => {
    const count = ({ worker, op }: (typeof members)[number]): number =>
      step.first[worker * OP_COUNT + op + 1]! - step.first[worker * OP_COUNT + op]!;
    const expected = count(members[0]!);
    for (const member of members) {
      if (count(member) !== expected) {
        const said = [members[0]!, member].map(
          (m) => `${count(m)} × ${OP_NAMES[m.op]} ${placeOf(job, m.worker)}`,
        );
        throw new UserError(
          `step ${step.number}: ${said.join(', but ')}: they take part in the same messages`,
        );
      }
      const begin = step.first[member.worker * OP_COUNT + member.op]!;
      for (let k = 0; k < expected; k++) group[begin + k] = groups + k;
    }
    groups += expected;
  };

  for (let replica = 0; replica < replicas; replica++) {
    for (let stage = 0; stage < stages; stage++) {
      const worker = replica * stages + stage;
      for (const { send, receive, towards } of MESSAGES) {
        const peer = stage + towards;
        if (peer < 0 || peer >= stages) continue;
        meet([
          { worker, op: send },
          { worker: worker + towards, op: receive },
        ]);
      }
    }
    const ends = stages === 1 ? [0] : [0, stages - 1];
    meet(ends.map((stage) => ({ worker: replica * stages + stage, op: PipelineOp.embeddingGradsAllReduce })));
  }
  for (let stage = 0; stage < stages; stage++) {
    for (const op of [PipelineOp.paramsAllGather, PipelineOp.gradsReduceScatter]) {
      meet(Array.from({ length: replicas }, (_, replica) => ({ worker: replica * stages + stage, op })));
    }
  }
  meet(Array.from({ length: replicas * stages }, (_, worker) => ({ worker, op: PipelineOp.clipGradients })));
  return { group, groups };
}

/** One message per compute where there is a neighbour, none where there is none. */
function checkMessages(
  job: PipelineJob,
  step: PipelineStep,
  worker: number,
  op: number,
  compute: number,
  peer: number,
): void {
  const count = (of: number): number =>
    step.first[worker * OP_COUNT + of + 1]! - step.first[worker * OP_COUNT + of]!;
  const expected = peer >= 0 && peer < job.stages ? count(compute) : 0;
  if (count(op) === expected) return;
  throw new UserError(
    `step ${step.number}: ${count(op)} × ${OP_NAMES[op]} ${placeOf(job, worker)}; expected ${expected}`,
  );
}

function placeOf(job: PipelineJob, worker: number): string {
  return `of replica ${Math.floor(worker / job.stages)}, stage ${worker % job.stages}`;
}
