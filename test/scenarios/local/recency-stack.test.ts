import { describe, expect, it } from 'vitest';
import { missShare } from '../../../scenarios/local/cache-misses.ts';
import { RecencyStack } from '../../../scenarios/local/recency-stack.ts';

describe('recency stack', () => {
  it('says how many bytes were touched since, with its own', () => {
    const stack = new RecencyStack();
    expect(stack.touch(1, 10)).toBe(Number.POSITIVE_INFINITY);
    expect(stack.touch(2, 20)).toBe(Number.POSITIVE_INFINITY);
    expect(stack.touch(2, 20)).toBe(20);
    expect(stack.touch(1, 10)).toBe(30);
    expect(stack.touch(2, 20)).toBe(30);
  });

  it('writes to the block that was given back first, of those of its size', () => {
    const stack = new RecencyStack();
    for (const storage of [1, 2, 3]) stack.write(storage, 100);
    stack.kill(1);
    stack.kill(2);
    // Block 1 is below 2 and 3.
    expect(stack.write(4, 100)).toBe(300);
    expect(stack.write(5, 100)).toBe(300);
    // None is free.
    expect(stack.write(6, 100)).toBe(Number.POSITIVE_INFINITY);
  });

  it('cuts a larger block, whose rest stays free', () => {
    const stack = new RecencyStack();
    stack.write(1, 100);
    stack.kill(1);
    expect(stack.write(2, 30)).toBe(100);
    expect(stack.write(3, 70)).toBe(100);
  });

  it('moves a variable to where its new value was written', () => {
    const stack = new RecencyStack();
    stack.touch(1, 50);
    stack.write(-2, 50);
    stack.replace(1, -2);
    expect(stack.touch(1, 50)).toBe(50);
    // Its old place is free.
    expect(stack.write(7, 50)).toBe(100);
  });
});

describe('share of misses', () => {
  const share = missShare([
    { bytes: 1e3, bytesPerSecond: 2e9 },
    { bytes: 1e4, bytesPerSecond: 8e10 },
    { bytes: 1e6, bytesPerSecond: 8e10 },
    { bytes: 1e8, bytesPerSecond: 2e10 },
  ]);

  it('is none within the fastest cache, all beyond the last, and between them in between', () => {
    expect(share(10)).toBe(0);
    expect(share(1e6)).toBe(0);
    // Halfway by logarithm.
    expect(share(1e7)).toBeCloseTo(0.5, 9);
    expect(share(1e8)).toBe(1);
    expect(share(Number.POSITIVE_INFINITY)).toBe(1);
  });

  it('is none where all is equally fast, or nothing was measured', () => {
    expect(missShare([])(1e9)).toBe(0);
    const flat = [1e3, 1e6].map((bytes) => ({ bytes, bytesPerSecond: 1e10 }));
    expect(missShare(flat)(1e9)).toBe(0);
  });
});
