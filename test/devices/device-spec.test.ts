import { describe, expect, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { deviceMatcher, matchesDevice, parseDeviceSpec } from '../../devices/device-spec.ts';

const GPU = '/job:worker/task:17/device:GPU:1';
const CPU = '/job:ps/task:0/device:CPU:0';

describe('matchesDevice', () => {
  // [specification, matches GPU, matches CPU]
  test.each([
    ['', true, true],
    ['/job:*', true, true],
    ['/job:worker', true, false],
    ['/job:ps', false, true],
    ['/job:wor', false, false],
    ['/task:17', true, false],
    ['/task:1', false, false],
    ['/job:worker/task:17', true, false],
    ['/job:worker/task:17/device:GPU:*', true, false],
    ['/job:worker/task:17/device:GPU:1', true, false],
    ['/job:worker/task:17/device:GPU:0', false, false],
    ['/job:worker/replica:0/task:17/device:GPU:1', true, false],
    ['/device:GPU', true, false],
    ['/device:GPU:*', true, false],
    ['/device:*:0', false, true],
    ['/device:CPU:0', false, true],
    ['/device:cpu:0', false, true],
    ['/cpu:0', false, true],
    ['/gpu:1', true, false],
    ['/device:TPU:0', false, false],
    // Parts may come in any order.
    ['/device:CPU:0/job:ps', false, true],
  ])('%j', (spec, gpu, cpu) => {
    expect(matchesDevice(spec, GPU)).toBe(gpu);
    expect(matchesDevice(spec, CPU)).toBe(cpu);
  });

  test('a name of another form is matched by nothing but "any"', () => {
    expect(matchesDevice('', 'left')).toBe(true);
    expect(matchesDevice('/job:worker', 'left')).toBe(false);
  });

  test('a matcher reads its specification once, and at once', () => {
    expect(() => deviceMatcher('/jbo:ps')).toThrow(UserError);
    expect([GPU, CPU].filter(deviceMatcher('/job:ps'))).toEqual([CPU]);
  });
});

describe('parseDeviceSpec', () => {
  test('takes the parts apart', () => {
    expect(parseDeviceSpec('/job:worker/task:3/device:GPU:2')).toEqual({
      job: 'worker',
      task: 3,
      kind: 'GPU',
      index: 2,
    });
    expect(parseDeviceSpec('/job:*/task:*/device:*:*')).toEqual({});
  });

  test.each([
    ['job:ps', 'it must start with "/", e.g. "/job:worker/task:0/device:GPU:0"'],
    ['/jbo:ps', 'unknown part "jbo"; did you mean "job"?'],
    ['/', 'unknown part ""; choose one of: job, replica, task, device'],
    ['/job:ps/', 'unknown part ""; choose one of: job, replica, task, device'],
    ['/job', '"job" needs a value, e.g. "job:worker"'],
    ['/job:', '"job:" needs a value, e.g. "job:worker"'],
    ['/job:9lives', '"job:9lives" is not the name of a job'],
    ['/job:a:b', '"job:a:b" has too many colons'],
    ['/job:a/job:b', '"job" is given twice'],
    ['/cpu:0/device:GPU:0', '"device" is given twice'],
    ['/task:one', '"task:one" needs a number or "*"'],
    ['/task:-1', '"task:-1" needs a number or "*"'],
    ['/replica:1', '"replica:1": there is only replica 0'],
    ['/device:GPU:x', '"device:GPU:x" needs a number or "*"'],
    ['/device:GPU:0:1', '"device:GPU:0:1" has too many colons'],
    ['/device:GUP:0', 'unknown kind of device "GUP"; did you mean "GPU"?'],
    ['/gpu:0:1', '"gpu:0:1" has too many colons'],
  ])('%j is refused', (spec, why) => {
    expect(() => parseDeviceSpec(spec)).toThrow(
      new UserError(`device specification ${JSON.stringify(spec)}: ${why}`),
    );
  });
});
