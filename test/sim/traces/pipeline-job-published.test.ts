import { describe, expect, test } from 'vitest';
import { stream } from '../../../base/random.ts';
import { mean, quantile } from '../../../base/statistics.ts';
import { simulateActivities } from '../../../sim/simulate-activities.ts';
import {
  measuredSeconds,
  OP_COUNT,
  OP_NAMES,
  PipelineOp,
  type PipelineStep,
} from '../../../sim/traces/pipeline-job.ts';
import {
  idealSeconds,
  replayGraph,
  stepWork,
  withoutStragglers,
} from '../../../sim/traces/pipeline-job-replay.ts';
import { relativeDurations, usualSeconds } from '../../../sim/traces/pipeline-job-spread.ts';
import { tinyCluster } from '../tiny.ts';
import { longestPathSeconds } from './longest-path.ts';
import { havePublishedJobs, publishedJob, publishedResult, WITHOUT_JOBS } from './published-jobs.ts';

/*
 * Two real jobs with stragglers, replayed: all 44 recorded steps of AR (4 replicas of 4 stages) and all 43 of SE (32
 * replicas of 2 stages), against the recording and against what the authors' own analysis of it found. Published
 * durations are float32, hence 1e-5.
 */

const suite = `two straggling jobs${havePublishedJobs ? '' : ` (${WITHOUT_JOBS})`}`;

describe.skipIf(!havePublishedJobs).each(['AR', 'SE'] as const)(`${suite}: %s`, (name) => {
  const job = havePublishedJobs ? publishedJob(name) : { replicas: 0, stages: 0, steps: [] };
  const published = havePublishedJobs ? publishedResult(name) : undefined!;
  const works = job.steps.map((step) => stepWork(job, step));
  const ideal = idealSeconds(works);
  const graphs = works.map((work) => replayGraph(job, work, work.seconds));
  const measured = job.steps.map(measuredSeconds);
  const workers = Array.from({ length: job.replicas * job.stages }, (_, worker) => `worker ${worker}`);
  const cluster = tinyCluster(workers, [], {});

  /** Mean seconds of a step whose rows take `secondsOf(step index)`. */
  const meanSeconds = (secondsOf: (index: number) => Float64Array): number =>
    mean(
      graphs.map((graph, i) => longestPathSeconds({ ...graph, amount: amounts(graph.amount, secondsOf(i)) })),
    );

  test('the engine replays each step within 2 % of its measured time, and the job within 1 %', () => {
    const seconds = graphs.map((graph) => simulateActivities(graph, cluster).seconds);
    const errors = seconds.map((replayed, i) => Math.abs(replayed / measured[i]! - 1));
    expect(Math.max(...errors)).toBeLessThan(0.02);
    expect(Math.abs(mean(seconds) / mean(measured) - 1)).toBeLessThan(0.01);
    // The oracle agrees: streams are chained, so the makespan is the longest path.
    graphs.forEach((graph, i) => {
      expect(seconds[i]).toBeCloseTo(longestPathSeconds(graph), 9);
    });
  });

  test('without stragglers, the slow-down is the published one', () => {
    const actual = graphs.map((graph) => simulateActivities(graph, cluster).seconds);
    const even = works.map(
      (work) =>
        simulateActivities(replayGraph(job, work, withoutStragglers(work.step, ideal)), cluster).seconds,
    );
    expect(mean(actual) / mean(even)).toBeCloseTo(published.blocking_slowdown, 5);
    job.steps.forEach((step, i) => {
      expect(measured[i]! / published.step_t_base[step.number]!).toBeCloseTo(1, 5);
      expect(actual[i]! / published.step_t_nodelay[step.number]!).toBeCloseTo(1, 5);
      expect(even[i]! / published.step_t_noblk[step.number]!).toBeCloseTo(1, 5);
    });
  });

  test('with the times at which the host launched each op, the replay is the recording', () => {
    works.forEach((work, i) => {
      const graph = replayGraph(job, work, work.seconds, work.launchSeconds);
      // Clocks of the workers agree to about a millisecond.
      expect(Math.abs(longestPathSeconds(graph) - measured[i]!)).toBeLessThan(2e-3);
    });
  });

  test('what stragglers of one stage, one replica or one kind of op cost is as published', () => {
    const even = meanSeconds((i) => withoutStragglers(job.steps[i]!, ideal));
    /** Slow-down where only the rows that `kept` names keep their recorded seconds. */
    const slowdown = (kept: (step: PipelineStep, row: number) => boolean): number =>
      meanSeconds((i) => {
        const seconds = withoutStragglers(job.steps[i]!, ideal);
        return seconds.map((s, row) => (kept(job.steps[i]!, row) ? works[i]!.seconds[row]! : s));
      }) / even;

    for (const [stage, expected] of Object.entries(published.blocking_decompose_by_stage)) {
      const found = slowdown((step, row) => step.worker[row]! % job.stages === Number(stage));
      expect(found, `stage ${stage}`).toBeCloseTo(expected, 5);
    }
    for (const replica of [0, 1, job.replicas - 1]) {
      const found = slowdown((step, row) => Math.floor(step.worker[row]! / job.stages) === replica);
      expect(found, `replica ${replica}`).toBeCloseTo(published.blocking_decompose_by_dp_rank[replica]!, 5);
    }
    for (const [op, expected] of Object.entries(published.blocking_decompose_by_optype)) {
      const found = slowdown((step, row) => publishedKind(OP_NAMES[step.op[row]!]!) === op);
      expect(found, op).toBeCloseTo(expected, 5);
    }
  });
});

test.skipIf(!havePublishedJobs)(
  `SE's spread drawn once per micro-batch gives its step times, drawn per pass or per worker it does not${
    havePublishedJobs ? '' : ` (${WITHOUT_JOBS})`
  }`,
  () => {
    const job = publishedJob('SE');
    const works = job.steps.map((step) => stepWork(job, step));
    const ideal = idealSeconds(works);
    const ratios = relativeDurations(job).ratio;
    const { step } = works[0]!;
    const graph = replayGraph(job, works[0]!, withoutStragglers(step, ideal));
    const usual = [PipelineOp.forwardCompute, PipelineOp.backwardCompute].map((op) =>
      Array.from({ length: job.stages }, (_, stage) => usualSeconds(job, op, stage)),
    );
    const places = Array.from(step.op, (op, row) => {
      const worker = step.worker[row]!;
      const batch = row - step.first[worker * OP_COUNT + op]!;
      return { op, worker, batch, replica: Math.floor(worker / job.stages), stage: worker % job.stages, row };
    }).filter(({ op }) => op < usual.length);

    const stepSeconds = (nameOf: (place: (typeof places)[number]) => string): number[] =>
      Array.from({ length: 40 }, (_, trial) => {
        const amount = graph.amount.slice();
        for (const place of places) {
          const draw = ratios[stream(trial, nameOf(place)).below(ratios.length)]!;
          amount[place.row] = draw * usual[place.op]![place.stage]!;
        }
        return longestPathSeconds({ ...graph, amount });
      });

    const recorded = job.steps.map(measuredSeconds);
    const perBatch = stepSeconds(({ replica, batch }) => `${replica} ${batch}`);
    expect(mean(perBatch) / mean(recorded)).toBeGreaterThan(0.97);
    expect(mean(perBatch) / mean(recorded)).toBeLessThan(1.03);
    for (const q of [0.1, 0.9]) {
      expect(quantile(perBatch, q) / quantile(recorded, q)).toBeGreaterThan(0.95);
      expect(quantile(perBatch, q) / quantile(recorded, q)).toBeLessThan(1.05);
    }
    const perPass = stepSeconds(({ row }) => `${row}`);
    const perWorker = stepSeconds(({ worker }) => `${worker}`);
    expect(mean(perPass) / mean(recorded)).toBeLessThan(0.95);
    expect(mean(perWorker) / mean(recorded)).toBeGreaterThan(1.3);
  },
);

/** The columns of a graph's amounts with those of its first rows replaced. */
function amounts(of: Float64Array, seconds: Float64Array): Float64Array {
  const amount = of.slice();
  amount.set(seconds);
  return amount;
}

/** The published breakdown takes the messages of a direction together. */
function publishedKind(op: string): string {
  return op.replace(/^(forward|backward)-(send|recv)$/, '$1-pp-comm');
}
