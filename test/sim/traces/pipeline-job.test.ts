import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { stream } from '../../../base/random.ts';
import {
  measuredSeconds,
  OP_COUNT,
  OP_NAMES,
  type PipelineJob,
  readPipelineJob,
} from '../../../sim/traces/pipeline-job.ts';
import {
  idealSeconds,
  replayGraph,
  stepWork,
  withoutStragglers,
} from '../../../sim/traces/pipeline-job-replay.ts';
import { longestPathEnds, longestPathSeconds } from './longest-path.ts';

const HEADER = 'dp_rank,stage,step,optype,start_ts,duration,seq_id,mc';

/** `rows`: [stage, op, seq_id, start, duration], all of replica 0, step 7. */
function trace(rows: readonly (readonly [number, string, number, number, number])[]): string {
  return [
    HEADER,
    ...rows.map(([stage, op, k, from, seconds]) => `0,${stage},7,${op},${from},${seconds},${k},0`),
  ].join('\n');
}

/**
 * Two stages, two micro-batches. Forward passes take 1 s, the first of stage 1 takes 2 s; backward passes take 2 s,
 * messages 0.1 s. Receives are posted long before their senders come.
 */
const TWO_STAGES = [
  [0, 'forward-compute', 0, 0, 1],
  [0, 'forward-compute', 1, 1, 1],
  [0, 'backward-compute', 0, 5.2, 2],
  [0, 'backward-compute', 1, 8.2, 2],
  [0, 'forward-send', 0, 1, 0.1],
  [0, 'forward-send', 1, 2, 1.2],
  [0, 'backward-recv', 0, 0, 5.2],
  [0, 'backward-recv', 1, 7.2, 1],
  [1, 'forward-recv', 0, 0, 1.1],
  [1, 'forward-recv', 1, 3.1, 0.1],
  [1, 'forward-compute', 0, 1.1, 2],
  [1, 'backward-compute', 0, 3.1, 2],
  [1, 'forward-compute', 1, 5.1, 1],
  [1, 'backward-compute', 1, 6.1, 2],
  [1, 'backward-send', 0, 5.1, 0.1],
  [1, 'backward-send', 1, 8.1, 0.1],
] as const;

describe('a pipeline worked out by hand', () => {
  const job = readPipelineJob(trace(TWO_STAGES), 'two stages');
  const work = stepWork(job, job.steps[0]!);

  test('waiting is told from work: messages take 0.1 s, whenever their receives were posted', () => {
    const { op } = work.step;
    const messages = work.seconds.filter((_, row) => OP_NAMES[op[row]!]!.match(/send|recv/));
    expect(messages).toHaveLength(8);
    for (const seconds of messages) expect(seconds).toBeCloseTo(0.1, 12);
    for (const seconds of work.launchSeconds) expect(seconds).toBeCloseTo(0, 12);
  });

  test('the replay is the recording: 10.2 s', () => {
    expect(measuredSeconds(work.step)).toBeCloseTo(10.2, 12);
    expect(longestPathSeconds(replayGraph(job, work, work.seconds))).toBeCloseTo(10.2, 12);
  });

  test('without stragglers', () => {
    const ideal = idealSeconds([work]);
    // Forward passes take (1 + 1 + 2 + 1) / 4. Stage 0, message, stage 1 forward and backward, then forward and backward
    // again, message, last backward pass of stage 0.
    expect(ideal[0]).toBe(1.25);
    const seconds = longestPathSeconds(replayGraph(job, work, withoutStragglers(work.step, ideal)));
    expect(seconds).toBeCloseTo(1.25 + 0.1 + 1.25 + 2 + 1.25 + 2 + 0.1 + 2, 12);
  });

  test('a late host delays what it launches, and what waits for that', () => {
    const late = TWO_STAGES.map(([stage, op, k, from, seconds]) =>
      // The last backward pass of stage 0 begins half a second after its gradient has come.
      stage === 0 && op === 'backward-compute' && k === 1
        ? ([stage, op, k, from + 0.5, seconds] as const)
        : ([stage, op, k, from, seconds] as const),
    );
    const delayed = readPipelineJob(trace(late), 'late');
    const itsWork = stepWork(delayed, delayed.steps[0]!);
    expect(itsWork.launchSeconds.reduce((a, b) => a + b)).toBeCloseTo(0.5, 12);
    const replay = (launch?: Float64Array) =>
      longestPathSeconds(replayGraph(delayed, itsWork, itsWork.seconds, launch));
    expect(replay()).toBeCloseTo(10.2, 12);
    expect(replay(itsWork.launchSeconds)).toBeCloseTo(10.7, 12);
  });

  test('the order of rows in the file does not matter', () => {
    const backwards = readPipelineJob(trace([...TWO_STAGES].reverse()), 'backwards');
    expect(backwards).toEqual(job);
  });
});

/** A job whose workers run one forward, one backward (1F1B), with made-up times: only their order is meant. */
function shape(replicas: number, stages: number, batches: number): string {
  const lines = [HEADER];
  for (let replica = 0; replica < replicas; replica++) {
    for (let stage = 0; stage < stages; stage++) {
      let clock = 0;
      const add = (op: string, k: number) =>
        lines.push(`${replica},${stage},0,${op},${clock++},0.5,${k},${op.includes('compute') ? 0 : -1}`);
      add('params-all-gather', 0);
      const warmUp = Math.min(batches, stages - stage - 1);
      for (let k = 0; k < warmUp; k++) add('forward-compute', k);
      for (let k = 0; k < batches; k++) {
        if (k + warmUp < batches) add('forward-compute', k + warmUp);
        add('backward-compute', k);
      }
      for (let k = 0; k < batches; k++) {
        if (stage < stages - 1) for (const op of ['forward-send', 'backward-recv']) add(op, k);
        if (stage > 0) for (const op of ['forward-recv', 'backward-send']) add(op, k);
      }
      add('gc', 0);
      add('layernorm-grads-all-reduce', 0);
      if (stage === 0 || stage === stages - 1) add('embedding-grads-all-reduce', 0);
      add('grads-reduce-scatter', 0);
      add('optimizer-clip-main-grad', 0);
      add('optimizer', 0);
    }
  }
  return lines.join('\n');
}

/** The trace that a job would leave whose rows take `seconds` of their own. */
function record(job: PipelineJob, seconds: Float64Array): string {
  const step = job.steps[0]!;
  const { dependencies } = stepWork(job, step);
  const end = longestPathEnds(replayGraph(job, { step, dependencies }, seconds));
  const launch = new Float64Array(step.count);
  dependencies.before.forEach((row, e) => {
    const next = dependencies.behind[e]!;
    launch[next] = Math.max(launch[next]!, end[row]!);
  });
  const lines = Array.from(step.op, (op, row) => {
    const worker = step.worker[row]!;
    const k = row - step.first[worker * OP_COUNT + op]!;
    const place = `${Math.floor(worker / job.stages)},${worker % job.stages}`;
    return `${place},0,${OP_NAMES[op]},${launch[row]},${end[row]! - launch[row]!},${k},-1`;
  });
  return [HEADER, ...lines].join('\n');
}

test('what a job leaves as its trace is taken apart into what it was made of', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 1e6 }),
      (replicas, stages, batches, seed) => {
        const random = stream(seed, 'durations');
        const plan = readPipelineJob(shape(replicas, stages, batches), 'plan');
        const seconds = Float64Array.from(plan.steps[0]!.op, () => random.uniform());
        const job = readPipelineJob(record(plan, seconds), 'recorded');
        const work = stepWork(job, job.steps[0]!);
        const makespan = longestPathSeconds(replayGraph(job, work, work.seconds));
        expect(makespan).toBeGreaterThan(0);
        expect(makespan).toBeCloseTo(measuredSeconds(work.step), 9);
        work.seconds.forEach((found, row) => {
          expect(found).toBeCloseTo(seconds[row]!, 9);
        });
        work.launchSeconds.forEach((found) => {
          expect(found).toBeCloseTo(0, 9);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('equal workers form a pipeline of known length', () => {
  // 1F1B with p stages and m micro-batches of f + b seconds: (m + p − 1) · (f + b), where messages cost nothing.
  for (const [stages, batches] of [
    [1, 4],
    [2, 2],
    [4, 8],
    [4, 3],
  ] as const) {
    const job = readPipelineJob(shape(2, stages, batches), 'plan');
    const work = stepWork(job, job.steps[0]!);
    const seconds = Float64Array.from(work.step.op, (op) => (op === 0 ? 1 : op === 1 ? 2 : 0));
    expect(longestPathSeconds(replayGraph(job, work, seconds))).toBe((batches + stages - 1) * 3);
  }
});

describe('refused traces', () => {
  const replaced = (from: string, to: string) => {
    const text = trace(TWO_STAGES);
    expect(text).toContain(from);
    return text.replace(from, to);
  };
  const without = (line: string) => replaced(`${line}\n`, '');
  const read = (text: string) => {
    const job = readPipelineJob(text, 't.csv');
    for (const step of job.steps) stepWork(job, step);
  };

  test.each<[string, () => string, string]>([
    ['nothing', () => '', 't.csv: no column "dp_rank"'],
    ['no rows', () => HEADER, 't.csv: no operations below the header'],
    ['no column', () => replaced(',mc', ',chunk'), 't.csv: no column "mc"'],
    ['a short row', () => `${trace(TWO_STAGES)}\n0,0`, 't.csv:18: 2 fields; expected 8'],
    [
      'an unknown op',
      () => replaced('forward-compute', 'forward-computer'),
      't.csv:2: unknown optype "forward-computer"; did you mean "forward-compute"?',
    ],
    [
      'negative seconds',
      () => replaced('0,1,0,0', '0,-1,0,0'),
      't.csv:2: duration -1; expected 0 or more seconds',
    ],
    ['no number', () => replaced('0,1,0,0', 'NaN,1,0,0'), 't.csv:2: start_ts "NaN"; expected seconds'],
    ['a negative rank', () => replaced('0,0,7', '-1,0,7'), 't.csv:2: dp_rank "-1"; expected a whole number'],
    [
      'more workers than rows',
      () => replaced('0,0,7', '500000000,0,7'),
      't.csv: 500000001 replicas of 2 stages, but only 16 operations',
    ],
    [
      'several model chunks',
      () => replaced('0,1,0,0', '0,1,0,1'),
      't.csv:2: mc "1": several model chunks per stage are not read',
    ],
    [
      'a row twice',
      () => replaced('forward-compute,1,1,1,0', 'forward-compute,1,1,0,0'),
      't.csv: step 7, forward-compute of dp_rank 0, stage 0: seq_id 0 where 1 is due',
    ],
    [
      'a worker without work',
      () => `${trace(TWO_STAGES)}\n1,0,7,forward-compute,0,1,0,0`,
      't.csv: step 7: no backward-compute of dp_rank 1, stage 0',
    ],
    [
      'a message lost',
      () => without('0,1,7,forward-recv,3.1,0.1,1,0'),
      'step 7: 1 × forward-recv of replica 0, stage 1; expected 2',
    ],
    [
      'a message to nowhere',
      () => `${trace(TWO_STAGES)}\n0,1,7,forward-send,1,1,0,0`,
      'step 7: 1 × forward-send of replica 0, stage 1; expected 0',
    ],
    [
      'half a collective',
      () => `${trace(TWO_STAGES)}\n0,1,7,optimizer-clip-main-grad,11,1,0,0`,
      'step 7: 0 × optimizer-clip-main-grad of replica 0, stage 0, but 1 × optimizer-clip-main-grad of replica 0, stage 1',
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text())).toThrow(UserError);
    expect(() => read(text())).toThrow(message);
  });
});
