import { describe, expect, test } from 'vitest';
import { readKineto } from '../../../../sim/traces/kineto/read.ts';
import { gpuSpan, type KinetoTrace } from '../../../../sim/traces/kineto/trace.ts';
import { haveShared, replayed, sharedText } from './traces.ts';

const HTA = 'hta/benchmark_result_493459_1694039959_trace.json.gz';
const OVERLAID = 'hta/overlaid_critical_path_trace.json.gz';
const SAMPLED = 'hta/sampled_rank-0.json.gz';
const LINEAR = 'param/linear_kineto.json.gz';
const DLRM = ['worker0_step_12.1694128201545', 'worker1_step_12.1694128201556'].concat([
  'worker2_step_12.1694128201554',
  'worker3_step_12.1694128201557',
]);

const read = (file: string): KinetoTrace => readKineto(sharedText(file), file);
const dlrm = (): KinetoTrace[] => DLRM.map((worker) => read(`param/dlrm_kineto/${worker}.pt.trace.json.gz`));

/** By how much the span of GPU activity differs from the recorded one. */
function errors(traces: readonly KinetoTrace[], spans: readonly number[]): number[] {
  return traces.map(({ tasks }, rank) => {
    const { from, until } = gpuSpan(tasks);
    return spans[rank]! / (until - from) - 1;
  });
}

describe.skipIf(!haveShared)('recorded processes (where ../shared/chakra is there)', () => {
  test.each([HTA, SAMPLED, LINEAR])('%s: every delay kept, the recording comes out', (file) => {
    const trace = read(file);
    const { spans, starts } = replayed([trace]);
    expect(Math.abs(errors([trace], spans)[0]!)).toBeLessThan(1e-4);
    const worst = trace.tasks.reduce(
      (most, { start }, task) => Math.max(most, Math.abs(start - starts[0]![task]!)),
      0,
    );
    // Clocks of host and GPU, in whole microseconds, contradict each other by that much.
    expect(worst).toBeLessThan(30e-6);
  });

  test.each([HTA, SAMPLED, LINEAR])(
    '%s: delays of launches and gaps from their medians, within 1 %%',
    (file) => {
      const trace = read(file);
      const { spans } = replayed([trace], { delays: 'typical' });
      expect(Math.abs(errors([trace], spans)[0]!)).toBeLessThan(0.01);
    },
  );

  test('four of eight ranks: who waits for whom in collectives comes out', () => {
    const traces = dlrm();
    const { replay, spans, starts, ends } = replayed(traces);
    expect(replay.meetings).toBe(8);
    for (const error of errors(traces, spans)) expect(Math.abs(error)).toBeLessThan(0.001);
    // The second rank waited for 6.6 ms in its first exchange: of that, the replay was told nothing.
    const first = traces[1]!.tasks.findIndex(({ name }) => name.startsWith('nccl'));
    expect(traces[1]!.tasks[first]!.seconds).toBeGreaterThan(7e-3);
    expect(ends[1]![first]! - starts[1]![first]!).toBeLessThan(1.1e-3);
    const typical = errors(traces, replayed(traces, { delays: 'typical' }).spans);
    for (const error of typical) expect(Math.abs(error)).toBeLessThan(0.06);
  });

  test('the critical path has the same GPU tasks as that of Holistic Trace Analysis', () => {
    const text = sharedText(OVERLAID);
    const trace = readKineto(text, OVERLAID);
    const { replay, pathTo } = replayed([trace]);
    const { tasks } = trace;
    const last = tasks.reduce(
      (best, { start, seconds }, task) =>
        start + seconds > tasks[best]!.start + tasks[best]!.seconds ? task : best,
      0,
    );
    const taskOf = new Map([...replay.activities[0]!].map((activity, task) => [activity, task]));
    const ours = pathTo(replay.activities[0]![last]!).flatMap((activity) => taskOf.get(activity) ?? []);
    const theirs = (JSON.parse(text).traceEvents as OverlaidEvent[])
      .filter(({ ph, cat, args }) => ph === 'X' && GPU.has(cat) && args?.critical === 1)
      .map(({ ts }) => ts - trace.clockMicros)
      .sort((a, b) => a - b);
    expect(ours.map((task) => Math.round(tasks[task]!.start * 1e6))).toEqual(theirs);
    expect(theirs).toHaveLength(22);
  });
});

const GPU = new Set(['kernel', 'gpu_memcpy', 'gpu_memset']);
interface OverlaidEvent {
  readonly ph: string;
  readonly cat: string;
  readonly ts: number;
  readonly args?: { readonly critical?: number };
}
