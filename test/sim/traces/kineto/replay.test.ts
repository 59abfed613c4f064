import { describe, expect, test } from 'vitest';
import { kernelTimes } from '../../../../sim/traces/kineto/kernel-times.ts';
import type { KinetoTrace } from '../../../../sim/traces/kineto/trace.ts';
import { call, op, replayed, sync, task, traceOf } from './traces.ts';

const launch = (thread: number, from: number, correlation: number) =>
  call(thread, { name: 'cudaLaunchKernel', from, micros: 5, correlation });
const kernel = (stream: number, from: number, micros: number, correlation: number, name = 'k') =>
  task(stream, { name, from, micros, correlation });

/** Microseconds of the trace's tasks as replayed: [start, end]. */
function micros(trace: KinetoTrace, changes: Parameters<typeof replayed>[1] = {}): [number, number][] {
  const { starts, ends } = replayed([trace], changes);
  const round = (seconds: number): number => Math.round(seconds * 1e9) / 1e3;
  return [...starts[0]!].map((start, i) => [round(start), round(ends[0]![i]!)]);
}

describe('a host that launches kernels of one stream', () => {
  /*
   * Launches at 0, 20 and 40 µs take 10 µs to reach the GPU; kernels of 50, 8 and 30 µs. The second waits for the
   * first until 60 and starts 1 µs later, the third starts 2 µs after the second at 71.
   */
  const trace = traceOf(
    ...[launch(1, 0, 1), launch(1, 20, 2), launch(1, 40, 3)],
    ...[kernel(7, 10, 50, 1), kernel(7, 61, 8, 2), kernel(7, 71, 30, 3, 'gemm')],
  );

  test('is replayed as recorded', () => {
    expect(micros(trace)).toEqual([
      [10, 60],
      [61, 69],
      [71, 101],
    ]);
  });

  test('is bound by its GPU: faster kernels help until launches are late', () => {
    // 10 to 60, but the second takes 8 µs and the third 15.
    expect(micros(trace, { speed: ({ name }) => (name === 'gemm' ? 2 : 1) }).at(-1)).toEqual([71, 86]);
    // Ten times as fast: 10 to 15; launched at 20, there at 30 to 30.8; launched at 40, there at 50.
    expect(micros(trace, { speed: () => 10 })).toEqual([
      [10, 15],
      [30, 30.8],
      [50, 53],
    ]);
  });

  test('gains nothing from a faster host, and loses by one of a tenth', () => {
    expect(micros(trace, { hostSpeed: 10 })).toEqual(micros(trace));
    expect(micros(trace, { hostSpeed: 0.1 })).toEqual([
      [10, 60],
      [210, 218],
      [410, 440],
    ]);
  });
});

describe('a host that waits', () => {
  const wait = call(1, { name: 'cudaStreamSynchronize', from: 20, micros: 85, correlation: 8 });
  // Launched at 0, there from 10 to 100; the host waits from 20 to 105 and launches again at 110, there at 120.
  const recorded = [launch(1, 0, 1), wait, launch(1, 110, 2), kernel(7, 10, 90, 1), kernel(7, 120, 10, 2)];

  test.each([
    ['for a stream that the trace names', [...recorded, sync(8, { stream: 7 })]],
    ['for one that it does not', recorded],
    [
      'for the device',
      recorded.map((event) =>
        'args' in event && event === wait ? { ...wait, name: 'cudaDeviceSynchronize' } : event,
      ),
    ],
  ])('%s goes on when the GPU is done', (_, events) => {
    const trace = traceOf(...events);
    expect(micros(trace)).toEqual([
      [10, 100],
      [120, 130],
    ]);
    // Done at 55, so that the host is there at 55 + 5 + 5, and the second kernel 10 µs later.
    expect(micros(trace, { speed: ({ seconds }) => (seconds > 50e-6 ? 2 : 1) })).toEqual([
      [10, 55],
      [75, 85],
    ]);
  });

  test('for a copy waits in the call of the copy', () => {
    const trace = traceOf(
      call(1, { name: 'cudaMemcpyAsync', from: 0, micros: 60, correlation: 1 }),
      launch(1, 70, 2),
      task(7, { name: 'Memcpy DtoH', from: 10, micros: 40, correlation: 1 }, 'gpu_memcpy'),
      kernel(7, 80, 10, 2),
    );
    // The copy ends at 30 instead of 50: 20 µs earlier.
    expect(micros(trace, { speed: ({ kind }) => (kind === 'memcpy' ? 2 : 1) })).toEqual([
      [10, 30],
      [60, 70],
    ]);
  });
});

describe('streams that wait for each other', () => {
  const wait = call(1, { name: 'cudaStreamWaitEvent', from: 15, micros: 1, correlation: 8 });
  const recorded = [
    ...[launch(1, 0, 1), wait, launch(1, 20, 2)],
    ...[kernel(7, 10, 90, 1), kernel(9, 101, 10, 2)],
  ];
  test.each([
    ['as the trace says', [...recorded, sync(8, { stream: 9, wait_on_stream: 7 })]],
    ['as the times show', recorded],
  ])('%s', (_, events) => {
    const trace = traceOf(...events);
    expect(micros(trace).at(-1)).toEqual([101, 111]);
    expect(micros(trace, { speed: ({ seconds }) => (seconds > 50e-6 ? 3 : 1) }).at(-1)).toEqual([41, 51]);
  });

  test('do not where no call says so', () => {
    const trace = traceOf(...recorded.filter((event) => event !== wait));
    // The launch of the second took 81 µs for a reason that is not known.
    expect(micros(trace, { speed: () => 3 }).at(-1)![0]).toBe(101);
  });
});

describe('threads', () => {
  test('that take turns wait for each other, and for what the other waits for', () => {
    // Thread 1 works until 10; thread 2 from 15 to 120, waiting for a kernel of 80 µs; thread 1 again from 125.
    const trace = traceOf(
      ...[op(1, 'forward', 0, 10), op(2, 'backward', 15, 105), op(1, 'step', 125, 20)],
      ...[launch(2, 20, 1), call(2, { name: 'cudaDeviceSynchronize', from: 30, micros: 85, correlation: 3 })],
      ...[launch(1, 130, 2), kernel(7, 30, 80, 1), kernel(7, 140, 10, 2)],
    );
    expect(micros(trace)).toEqual([
      [30, 110],
      [140, 150],
    ]);
    expect(micros(trace, { speed: ({ seconds }) => (seconds > 50e-6 ? 2 : 1) })).toEqual([
      [30, 70],
      [100, 110],
    ]);
  });
});

describe('ranks that were recorded together', () => {
  const nccl = 'ncclKernel_AllReduce_RING_LL_Sum_float';
  const rank = (from: number, micros: number) =>
    traceOf(
      launch(1, 0, 1),
      launch(1, from, 2),
      kernel(7, 10, from, 1, 'gemm'),
      kernel(8, from + 10, micros, 2, nccl),
    );

  test('meet in their collectives, which take what the last one needed', () => {
    // The second comes 60 µs later; the transfer takes 25 µs.
    const { starts, ends, replay } = replayed([rank(30, 85), rank(90, 25)]);
    expect(replay.meetings).toBe(1);
    expect(ends[0]![1]! * 1e6).toBeCloseTo(125, 6);
    expect(ends[1]![1]! * 1e6).toBeCloseTo(125, 6);
    expect(starts[0]![1]! * 1e6).toBeCloseTo(100, 6);
  });

  test('do not where their numbers of collectives differ', () => {
    const { replay } = replayed([rank(30, 85), traceOf(launch(1, 0, 1), kernel(7, 10, 5, 1, 'gemm'))]);
    expect(replay.meetings).toBe(0);
  });
});

test('times by name: count, sum and mean', () => {
  const trace = traceOf(kernel(7, 0, 10, 1, 'a'), kernel(7, 20, 30, 2, 'a'), kernel(8, 20, 15, 3, 'b'));
  const rows = kernelTimes([trace]);
  expect(rows.map(({ name, count }) => [name, count])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(rows[0]!.seconds).toBeCloseTo(40e-6, 15);
  expect(rows[0]!.meanSeconds).toBeCloseTo(20e-6, 15);
});
