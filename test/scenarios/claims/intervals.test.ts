import { describe, expect, it } from 'vitest';
import { stream } from '../../../base/random.ts';
import { coverageOf, heldOutIntervals } from '../../../scenarios/claims/coverage.ts';
import {
  intervalFor,
  learnIntervals,
  type Question,
  type Residual,
} from '../../../scenarios/claims/intervals.ts';

const question = (more: Partial<Question> = {}): Question => ({
  kind: 'gpt',
  from: 'catalog',
  device: 'a100',
  sizes: { devices: 8 },
  ...more,
});
const residual = (source: string, log: number, more: Partial<Question> = {}): Residual => ({
  source,
  question: question(more),
  log,
});

describe('intervals learnt from residuals', () => {
  it('are quantiles of sources: of a class the one at 0.8, drawn four times towards that of all at 0.8 (1 + 1 / k)', () => {
    // 8 sources. Of all, 0.8 · 9 / 8 = 0.9 is reached by the lesser error of the last: 7 / 8 + 1 / 16. Each class in it
    // has 7 / 8 > 0.8 at 0.07, and goes 4 / (8 + 4) of the way to the class around it.
    const residuals = [
      ...Array.from({ length: 7 }, (_, s) => residual(`s${s}`, (s + 1) / 100)),
      residual('s7', -0.2),
      residual('s7', 0.3),
    ];
    const learnt = learnIntervals(residuals, []);
    const interval = intervalFor(question(), learnt);
    expect(Math.log(interval!.factor)).toBeCloseTo(0.07 + (0.2 - 0.07) / 3 ** 4, 12);
    expect(interval).toMatchObject({ confidence: 0.8, deviceKnown: true, outside: [], pool: { sources: 8 } });
  });

  it('a source of a thousand points weighs as much as one of one', () => {
    const many = Array.from({ length: 1000 }, () => residual('large', 0.01));
    const others = ['a', 'b', 'c', 'd', 'e'].map((source) => residual(source, 0.5));
    const { factor } = intervalFor(question(), learnIntervals([...many, ...others], []))!;
    expect(Math.log(factor)).toBeCloseTo(0.5, 12);
  });

  const residuals = ['a', 'b', 'c', 'd', 'e'].flatMap((source) => [
    residual(source, 0.05),
    residual(source, 0.4, { kind: 'collective', sizes: { bytes: 1e6 } }),
  ]);
  const learnt = learnIntervals(residuals, ['t4']);

  it('a kind that nobody measured has the interval of all questions, one that is told better a narrower one', () => {
    const { factor, pool } = intervalFor(question({ kind: 'inference', sizes: {} }), learnt)!;
    expect(Math.log(factor)).toBeCloseTo(0.4, 12);
    expect(pool.kind).toBeUndefined();
    expect(intervalFor(question(), learnt)!.factor).toBeLessThan(factor);
  });

  it('names sizes beyond the range of the kind, and devices that nobody measured', () => {
    expect(intervalFor(question({ sizes: { devices: 16 } }), learnt)!.outside).toEqual([
      { size: 'devices', value: 16, range: { least: 8, most: 8 } },
    ]);
    expect(intervalFor(question({ device: 'tpu-v1' }), learnt)!.deviceKnown).toBe(false);
    expect(intervalFor(question({ device: 't4' }), learnt)!.deviceKnown).toBe(true);
  });

  it('what is outside or unknown is never told more precisely than what is not', () => {
    const easy = ['f', 'g', 'h', 'i'].map((source, i) =>
      residual(source, 0.001, { device: `own-${i}`, sizes: { devices: 1000 * (i + 1) } }),
    );
    const all = learnIntervals([...residuals, ...easy], []);
    const inside = intervalFor(question(), all)!.factor;
    for (const harder of [question({ device: 'unheard-of' }), question({ sizes: { devices: 1e6 } })]) {
      expect(intervalFor(harder, all)!.factor).toBeGreaterThanOrEqual(inside);
    }
  });

  it('nothing is learnt from too few sources', () => {
    expect(intervalFor(question(), learnIntervals([residual('a', 0.1)], []))).toBeUndefined();
  });
});

describe('coverage by leaving one source out', () => {
  it('is about what it is meant to be, where sources are alike', () => {
    const random = stream(1, 'coverage');
    const residuals = Array.from({ length: 40 }, (_, s) => {
      const bias = 0.1 * random.normal();
      return Array.from({ length: 30 }, () => residual(`s${s}`, bias + 0.05 * random.normal()));
    }).flat();
    const [all, gpt] = coverageOf(heldOutIntervals(residuals, []));
    expect(all).toMatchObject({ question: 'all', points: 1200, sources: 40 });
    expect(gpt!.covered).toBeGreaterThan(0.72);
    expect(gpt!.covered).toBeLessThan(0.88);
    expect(gpt!.width).toBeGreaterThan(1);
  });
});
