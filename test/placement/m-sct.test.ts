import { describe, expect, it } from 'vitest';
import { coplaced } from '../../placement/coplaced.ts';
import { favouriteChildren, favouritesFrom, sctLinearProgram } from '../../placement/favourite-children.ts';
import { mEtf } from '../../placement/m-etf.ts';
import { mSct } from '../../placement/m-sct.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { timedContext } from './timed-context.ts';

// CommonJS: its types say that `default` is the loader; Node puts module.exports there, which is.
type Load = typeof import('highs')['default'];
const highs = await import('highs').then(
  (module) => (module.default as unknown as Load)(),
  () => undefined,
);

// v and u run 0 … 1 on devices 0 and 1. f needs 10 bytes of v and 1 of u, t needs 3 of v; 1 s per byte.
const tasks: PlainTask[] = [
  { name: 'v', seconds: 1 },
  { name: 'u', seconds: 1 },
  {
    name: 'f',
    seconds: 5,
    inputs: [
      { from: 0, bytes: 10 },
      { from: 1, bytes: 1 },
    ],
  },
  { name: 't', seconds: 5, inputs: [{ from: 0, bytes: 3 }] },
];
const problem = taskProblem(tasks, { devices: 2 });

it('waits for a favourite child', () => {
  // m-ETF: t can start at 1 on device 0, f at 2: t 1 … 6, f 6 … 11.
  // m-SCT: at 1 device 0 waits for v's favourite child f, which would start at 2 here and at 11 on device 1; t is not
  // urgent, since its input is on device 1 only at 4. f 2 … 7 on 0, t 4 … 9 on 1.
  const etf = mEtf.place(problem, timedContext(problem));
  expect([...etf.placement]).toEqual([0, 1, 0, 0]);
  expect(etf.history?.at(-1)?.[1]).toBe(11);
  const sct = mSct().place(problem, timedContext(problem));
  expect([...sct.placement]).toEqual([0, 1, 0, 1]);
  expect(sct.history?.at(-1)?.[1]).toBe(9);
  expect(sct.note).toBe(
    'without coplacement; 1 favourite children chosen mutually, not by the linear program',
  );
});

it('does not make urgent tasks wait', () => {
  // A task that is ready on both devices at 0 fills the gap of device 0 between 1 and 2, and delays f by 1.
  const more = taskProblem([...tasks, { name: 'w', seconds: 2 }], { devices: 2 });
  const favourites = (): Int32Array => Int32Array.of(2, -1, -1, -1, -1);
  const { placement } = mSct({ favourites }).place(more, timedContext(more));
  expect(placement[4]).toBe(0);
});

describe('favourite children', () => {
  it('are chosen mutually', () => {
    // v: f is 10 + 5 from the end, t 3 + 5. f: v is 1 + 10 from the beginning, u 1 + 1.
    expect([...favouriteChildren(problem)]).toEqual([2, -1, -1, -1]);
  });

  it('are not in their own group, and not gradients', () => {
    const chain = taskProblem(
      [
        { seconds: 1 },
        { seconds: 1, inputs: [{ from: 0, bytes: 1 }] },
        { seconds: 1, inputs: [{ from: 0, bytes: 1 }], forward: 0 },
      ],
      { devices: 2 },
    );
    expect([...favouriteChildren(chain)]).toEqual([1, -1, -1]);
    expect([...favouriteChildren(coplaced(chain))]).toEqual([-1, -1, -1]);
  });

  it('of the linear program are those below one half', () => {
    const values: { readonly [name: string]: number } = { x0: 0.3, x1: 0.7, x2: 0.7 };
    expect([...favouritesFrom(problem, (name) => values[name]!)]).toEqual([2, -1, -1, -1]);
  });
});

describe.skipIf(highs === undefined)('with highs', () => {
  const solved = (program: string): { objective: number; value: (name: string) => number } => {
    const solution = highs!.solve(program);
    expect(solution.Status).toBe('Optimal');
    const columns = solution.Columns as { readonly [name: string]: { readonly Primal?: number } };
    return { objective: solution.ObjectiveValue, value: (name) => columns[name]!.Primal! };
  };

  it("solves the paper's program", () => {
    // Least w: f starts at 1 + 10x, t at 1 + 3(1 − x): equal at x = 3/13, w = 6 + 30/13. The mean task takes 3 s.
    const { objective, value } = solved(sctLinearProgram(problem));
    expect(objective * 3).toBeCloseTo(6 + 30 / 13, 6);
    expect([...favouritesFrom(problem, value)]).toEqual([2, -1, -1, -1]);
  });

  it('places by its favourites', () => {
    const favourites = (grouped: typeof problem): Int32Array =>
      favouritesFrom(grouped, solved(sctLinearProgram(grouped)).value);
    const { placement, note } = mSct({ favourites }).place(problem, timedContext(problem));
    expect([...placement]).toEqual([0, 1, 0, 1]);
    expect(note).toBe('without coplacement; 1 favourite children given');
  });
});
