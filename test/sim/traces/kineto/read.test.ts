import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../base/errors.ts';
import { readKineto } from '../../../../sim/traces/kineto/read.ts';
import { gpuSpan } from '../../../../sim/traces/kineto/trace.ts';
import { call, op, task, traceOf } from './traces.ts';

describe('what is read', () => {
  test('times are seconds from the first event, exact to the digit of the trace', () => {
    // As microseconds since 1970, which seconds in float64 would round to 0.24 µs.
    const origin = 1_694_039_994_071_256;
    const trace = traceOf(
      call(1, { name: 'cudaLaunchKernel', from: origin, micros: 3, correlation: 4 }),
      task(7, { name: 'k', from: origin + 11.25, micros: 2.5, correlation: 4 }),
    );
    expect(trace.clockMicros).toBe(origin);
    expect(trace.tasks[0]).toMatchObject({ name: 'k', kind: 'kernel', device: 0, stream: 7, call: 0 });
    expect(trace.tasks[0]!.start).toBe(11.25 * 1e-6);
    expect(gpuSpan(trace.tasks)).toEqual({ from: 11.25 * 1e-6, until: 11.25 * 1e-6 + 2.5 * 1e-6 });
  });

  test('threads are busy while any of their operators or calls is under way', () => {
    const trace = traceOf(
      ...[op(1, 'outer', 0, 50), op(1, 'inner', 10, 10), op(1, 'next', 60, 5), op(2, 'other', 20, 5)],
      task(7, { name: 'k', from: 0, micros: 1 }),
    );
    expect(trace.threads.map(({ name }) => name)).toEqual(['thread 1 of process 1', 'thread 2 of process 1']);
    const micros = (times: Float64Array) => [...times].map((seconds) => Math.round(seconds * 1e6));
    expect(micros(trace.threads[0]!.busyFrom)).toEqual([0, 60]);
    expect(micros(trace.threads[0]!.busyUntil)).toEqual([50, 65]);
  });

  test('work whose launch the trace does not have is of no call', () => {
    expect(traceOf(task(7, { name: 'k', from: 5, micros: 1, correlation: 9 })).tasks[0]!.call).toBe(-1);
  });
});

describe('what is refused', () => {
  test.each([
    ['no JSON', 'hello', /^t\.json: not JSON \(.*\)$/],
    [
      'an execution trace',
      '{"nodes":[]}',
      /^t\.json: an execution trace of PyTorch has no times; convert it to Chakra \(\.et\)$/,
    ],
    ['other JSON', '{"a":1}', /^t\.json: no trace of torch\.profiler: it has no traceEvents$/],
    ['null', 'null', /^t\.json: no trace of torch\.profiler: it has no traceEvents$/],
    ['no GPU', '{"traceEvents":[]}', /^t\.json: no work on a GPU in this trace$/],
    [
      'a time that is none',
      '{"traceEvents":[null, {"ph":"X","cat":"kernel","name":"k","ts":"soon","dur":1}]}',
      /^t\.json: event 1: expected times ts and dur in microseconds, 0 or more$/,
    ],
    [
      'a duration below 0',
      '{"traceEvents":[{"ph":"X","cat":"kernel","name":"k","ts":1,"dur":-1}]}',
      /^t\.json: event 0: expected times ts and dur in microseconds, 0 or more$/,
    ],
  ])('%s', (_, text, message) => {
    expect(() => readKineto(text, 't.json')).toThrow(UserError);
    expect(() => readKineto(text, 't.json')).toThrow(message);
  });
});
