import { describe, expect, test } from 'vitest';
import { formatFactor, formatInteger } from '../../base/format.ts';
import { clip, jobOf, kindOf, shortName, shortNames, unitsKept, visible } from '../../reports/names.ts';

describe('names', () => {
  test.each([
    ['/job:worker/task:3/device:GPU:0', 'worker 3 · GPU 0'],
    ['/job:ps/replica:0/task:12/cpu:0', 'ps 12 · CPU 0'],
    ['/job:worker/task:3', 'worker 3'],
    ['worker/3 → switch', 'worker 3 → switch'],
    ['worker/3/GPU:0 → worker/3', 'worker 3 · GPU 0 → worker 3'],
    ['single device /job:worker/task:0/device:GPU:0', 'single device worker 0 · GPU 0'],
    // Names of nodes are not devices.
    ['layer_1/conv/2/weights', 'layer_1/conv/2/weights'],
    ['', ''],
  ])('%s is shown as %s', (name, shown) => {
    expect(shortNames(name)).toBe(shown);
  });

  test('job and kind of a device', () => {
    expect(jobOf('/job:worker/task:3/device:GPU:0')).toBe('worker');
    expect(kindOf('/job:worker/task:3/device:GPU:0')).toBe('GPU');
    expect([jobOf('gpu0'), kindOf('gpu0')]).toEqual(['', '']);
  });

  test('marks that reorder or hide text become visible; other scripts stay', () => {
    expect(visible('a\u202eb\u200fc\u0000d\ud800e')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde');
    expect(visible('שלום 模型 😀')).toBe('שלום 模型 😀');
  });

  test('clip keeps both ends and never splits a character', () => {
    expect(clip('abcdefghij', 7)).toBe('abcd…ij');
    expect(clip('abc', 3)).toBe('abc');
    expect(clip('😀'.repeat(10), 4)).toBe('😀😀…😀');
    expect(shortName('x'.repeat(10_000)).length).toBe(80);
  });

  test('numbers', () => {
    expect([999, 9999, 12345, 1234567.4, -12345].map(formatInteger)).toEqual([
      '999',
      '9999',
      '12\u202f345',
      '1\u202f234\u202f567',
      '-12\u202f345',
    ]);
    expect([6.928, 1, 12345].map(formatFactor)).toEqual(['6.93×', '1×', '12\u202f300×']);
  });
});

test('a number and its unit stay on one line', () => {
  expect(unitsKept('50.2 k samples/s for 94 % of 45 ms on 8 workers, 5 s later 3 MB')).toBe(
    '50.2\u00a0k samples/s for 94\u00a0% of 45\u00a0ms on 8 workers, 5\u00a0s later 3\u00a0MB',
  );
});
