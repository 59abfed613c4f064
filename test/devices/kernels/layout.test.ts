import { expect, it } from 'vitest';
import type { Work } from '../../../base/work.ts';
import { layoutBytes } from '../../../devices/kernels/layout.ts';

it('float32 on matrix units reads and writes copies of what a convolution reads and writes', () => {
  const work: Work = { class: 'conv', dtype: 'float32', flops: 1, bytesRead: 300, bytesWritten: 200 };
  expect(layoutBytes(work, 'tf32')).toBe(2 * (300 + 200));
  expect(layoutBytes(work, 'float32')).toBe(0);
  expect(layoutBytes({ ...work, dtype: 'float16' }, 'float16')).toBe(0);
});
