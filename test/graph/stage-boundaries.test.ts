import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { balancedCuts, possibleCuts } from '../../graph/stage-boundaries.ts';
import { MODELS } from '../../graph/zoo/index.ts';

describe('where a graph may be cut', () => {
  const cutsOf = (name: string, needed: number) => {
    const builder = new GraphBuilder();
    const { cuts = [] } = MODELS[name]!.build(builder, { batch: 2, dtype: 'float32' });
    return { found: possibleCuts(builder.nodes, needed), given: cuts.map(({ node }) => node.id) };
  };

  it.each(['gpt2', 'resnet-50', 'vgg-11', 'inception-v3'])('%s: also where the model says', (name) => {
    const { found, given } = cutsOf(name, 1);
    expect(given.length).toBeGreaterThan(1);
    expect(found).toEqual(expect.arrayContaining(given));
  });

  it('not inside of a block, whose input is needed at its end', () => {
    const builder = new GraphBuilder();
    MODELS.gpt!.with({ layers: 2 }).build(builder, { batch: 2, dtype: 'float32' });
    const names = possibleCuts(builder.nodes, 1).map((id) => builder.nodes[id]!.name);
    expect(names.filter((name) => name.startsWith('block1/attention'))).toEqual([]);
    expect(names.filter((name) => name.startsWith('block1/residual'))).toHaveLength(2);
  });

  it('where more values cross, if one value crosses too seldom', () => {
    const { found: seldom } = cutsOf('wide-deep', 1);
    const { found: often } = cutsOf('wide-deep', seldom.length + 1);
    expect(often.length).toBeGreaterThan(seldom.length);
    expect(often).toEqual(expect.arrayContaining(seldom));
  });
});

describe('balanced cuts', () => {
  /** The longest stage and the sum of squares of every way to cut. */
  function best(seconds: readonly number[], possible: readonly number[], stages: number) {
    let found = { longest: Number.POSITIVE_INFINITY, squares: Number.POSITIVE_INFINITY };
    const visit = (from: number, after: number, left: number, longest: number, squares: number): void => {
      const sum = (to: number) => seconds.slice(from, to + 1).reduce((a, b) => a + b, 0);
      if (left === 1) {
        const last = sum(seconds.length - 1);
        const all = { longest: Math.max(longest, last), squares: squares + last ** 2 };
        if (all.longest < found.longest || (all.longest === found.longest && all.squares < found.squares))
          found = all;
        return;
      }
      for (const [i, cut] of possible.entries()) {
        if (i < after) continue;
        const own = sum(cut);
        visit(cut + 1, i + 1, left - 1, Math.max(longest, own), squares + own ** 2);
      }
    };
    visit(0, 0, stages, 0, 0);
    return found;
  }

  it.each([1, 2, 3, 4, 5])('are the best of all, for %i stages', (stages) => {
    const seconds = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
    const possible = [0, 2, 3, 5, 7, 8, 10];
    const cuts = balancedCuts(seconds, possible, stages)!;
    const ends = [...cuts, seconds.length - 1];
    const sums = ends.map((end, i) =>
      seconds.slice(i === 0 ? 0 : ends[i - 1]! + 1, end + 1).reduce((a, b) => a + b, 0),
    );
    expect({
      longest: Math.max(...sums),
      squares: sums.reduce((all, sum) => all + sum ** 2, 0),
    }).toEqual(best(seconds, possible, stages));
  });

  it('give equal layers equally to all stages', () => {
    const seconds = new Array<number>(12).fill(1);
    expect(balancedCuts(seconds, [...seconds.keys()].slice(0, -1), 4)).toEqual([2, 5, 8]);
  });

  it('are none where there are too few places', () => {
    expect(balancedCuts([1, 1, 1], [0], 3)).toBeUndefined();
  });
});
