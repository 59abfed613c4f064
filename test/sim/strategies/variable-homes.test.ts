import { describe, expect, it, test } from 'vitest';
import { GraphBuilder } from '../../../graph/builder.ts';
import { variable } from '../../../graph/ops/state.ts';
import type { Plan } from '../../../graph/plan.ts';
import { byteCount } from '../../../graph/tensor-spec.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { variableHomes } from '../../../sim/strategies/variable-homes.ts';
import { run } from './replica-training.ts';
import { planned } from './server-training.ts';

const WHOLE = 1e12;
const OPTIONS = { homes: 'bytes', split_above: WHOLE, offload: false } as const;

/** Per variable: rows and task of its parts. */
function homes(
  model: Model,
  servers: number,
  options: Partial<Record<keyof typeof OPTIONS, string | number>>,
) {
  const builder = new GraphBuilder();
  const { parameters } = model.build(builder, { batch: 4, dtype: 'float32' });
  const found = variableHomes(builder, parameters, servers, { ...OPTIONS, ...options } as never);
  return [...found].map(([{ name, outputs }, parts]) => ({
    name,
    bytes: byteCount(outputs[0]!.spec),
    parts,
  }));
}

describe('homes', () => {
  const mlp = MODELS['mnist-mlp']!;
  const tasks = (policy: string) => homes(mlp, 2, { homes: policy }).map(({ parts }) => parts[0]!.task);

  it('by bytes: on the server with the fewest', () => {
    // 784·128, 128, 128·10 and 10 numbers: the first outweighs all others.
    expect(tasks('bytes')).toEqual([0, 1, 1, 1]);
  });

  it('in turn', () => {
    expect(tasks('round-robin')).toEqual([0, 1, 0, 1]);
  });

  it('by load: what is trained moves twice, as value and as gradient', () => {
    const builder = new GraphBuilder();
    const [first, , third] = [100, 150, 30].map((size, i) =>
      builder.add(variable, [], {
        dtype: 'float32',
        shape: [size],
        trainable: i !== 1,
        initializer: 'zeros',
      }),
    );
    const found = variableHomes(builder, [first!, third!], 2, { ...OPTIONS, homes: 'load' });
    // 200, 150 and 60 numbers.
    expect(Array.from(found.values(), ([part]) => part!.task)).toEqual([0, 1, 1]);
  });

  it('by load: of a table what is looked up weighs, not what it holds', () => {
    const model = MODELS['wide-deep']!.with({ categories: 2, crossed: 1 });
    const weight = (policy: string): number[] => {
      const sums = [0, 0];
      for (const { name, bytes, parts } of homes(model, 2, { homes: policy })) {
        // A step of 4 samples looks up 4 rows of 32 numbers, or of one.
        const moved = name.startsWith('category') ? 4 * 32 * 4 : name.startsWith('crossed') ? 4 * 4 : bytes;
        sums[parts[0]!.task]! += moved;
      }
      return sums;
    };
    const largest = 1024 * 512 * 4;
    const [a, b] = weight('load') as [number, number];
    // The greedy rule leaves servers apart by no more than the largest variable.
    expect(Math.abs(a - b)).toBeLessThanOrEqual(largest);
    // By bytes the tables of 12.8 MB fill both servers, and the dense layers come to lie as it happens.
    const dense = homes(model, 2, { homes: 'load' }).filter(({ name }) => name.startsWith('deep'));
    expect(new Set(dense.map(({ parts }) => parts[0]!.task)).size).toBe(2);
  });

  it.each(['bytes', 'round-robin', 'load'])(
    '%s: parts are as even as rows allow, one per server',
    (policy) => {
      for (const { bytes, parts } of homes(MODELS['vgg-16']!, 6, { homes: policy, split_above: 4e6 })) {
        const rows = parts.map((part) => part.rows);
        expect(parts.length).toBe(bytes > 4e6 ? Math.min(6, Math.ceil(bytes / 4e6)) : 1);
        expect(Math.max(...rows) - Math.min(...rows)).toBeLessThanOrEqual(1);
        if (policy !== 'load' && bytes > 24e6) expect(new Set(parts.map(({ task }) => task)).size).toBe(6);
      }
    },
  );

  it('nothing of a scalar or of one row is divided, and nothing on one server', () => {
    expect(homes(mlp, 1, { split_above: 1 }).every(({ parts }) => parts.length === 1)).toBe(true);
    for (const { name, parts } of homes(mlp, 4, { split_above: 1 })) expect(parts.length, name).toBe(4);
  });

  it('every server is as large as the next where variables are divided finely', () => {
    const load = [0, 0, 0, 0, 0];
    for (const { bytes, parts } of homes(MODELS['vgg-16']!, 5, { split_above: 1e5 })) {
      const all = parts.reduce((sum, { rows }) => sum + rows, 0);
      for (const { rows, task } of parts) load[task]! += (bytes * rows) / all;
    }
    // fc6 of 411 MB in five parts, and so on: parts of different variables still differ.
    expect(Math.max(...load) / Math.min(...load)).toBeLessThan(1.05);
  });
});

/** Bytes that a step of a worker moves between it and the servers. */
function bytesOfStep({ loops }: Plan): number {
  return loops.at(-1)!.template.transferBytes.reduce((sum, bytes) => sum + bytes, 0);
}

describe('tables that are looked up', () => {
  const table = (rows: number) => MODELS['null-step-sparse']!.with({ rows, width: 512, lookups: 32 });
  const bytesOf = (rows: number, servers: number, split_above: number): number => {
    const { plan } = planned('async', {
      model: table(rows),
      batch: 1,
      workers: 1,
      servers,
      options: { split_above },
    });
    return bytesOfStep(plan);
  };

  it('move the rows and back their gradients, and the ids', () => {
    // 32 rows of 512 numbers there and back; the ids, of 8 bytes, to the server and to the worker, whose mean they do not change.
    const moved = 2 * 32 * 512 * 4;
    expect(bytesOf(1000, 1, WHOLE)).toBe(moved + 32 * 8);
  });

  it('move as many rows however they are divided', () => {
    const whole = bytesOf(1600, 16, WHOLE);
    const parts = bytesOf(1600, 16, 1);
    // Ids go to where the rows are joined and cut, too.
    expect(parts - whole).toBeLessThanOrEqual(32 * 8);
    expect(parts).toBeGreaterThanOrEqual(whole);
  });

  it('move nothing that depends on their length', () => {
    expect(bytesOf(1_000_000, 16, 1)).toBe(bytesOf(1600, 16, 1));
  });
});

test('a divided dense parameter moves as often as a whole one, from all servers at once', () => {
  const bytes = (split_above: number) => {
    const { plan, cluster } = planned('sync', {
      model: MODELS['null-step']!.with({ variables: 1, elements: 4_000_000 }),
      batch: 1,
      workers: 4,
      servers: 4,
      options: { split_above },
    });
    return { moved: bytesOfStep(plan), seconds: run(plan, cluster).simulation.seconds };
  };
  const [whole, parts] = [bytes(WHOLE), bytes(1e6)];
  expect(parts.moved - whole.moved).toBeLessThan(1000);
  // One server's link carried the model to and from four workers; now each of four carries a quarter of it.
  expect(whole.seconds / parts.seconds).toBeGreaterThan(2.5);
});

test('a softmax on the servers moves vectors and a number per row, not weights', () => {
  const model = MODELS['lstm-512-512']!.with({ vocabulary: 4000, steps: 2, hidden: 64, projection: 32 });
  const { plan } = planned('sync', { model, batch: 8, workers: 1, servers: 4, options: { offload: true } });
  const { template } = plan.loops.at(-1)!;
  const rows = 2 * 8;
  const moved = new Map<string, number[]>();
  for (let t = 0; t < template.transferCount; t++) {
    const name = template.graph.name[template.transferProducer[t]!]!;
    if (!name.includes('softmax/')) continue;
    const kind = name.replace(/\d+/g, '').replace('gradients/', '');
    moved.set(kind, [...(moved.get(kind) ?? []), template.transferBytes[t]!]);
  }
  // h to each server.
  expect(moved.get('softmax/h')).toEqual(Array.from({ length: 4 }, () => rows * 32 * 4));
  // The logarithm of the sum from each. The loss itself, for which labels' logits are, nobody asks for.
  expect(moved.get('softmax/log_sum')).toEqual(Array.from({ length: 4 }, () => rows * 4));
  const largest = Math.max(...[...moved.values()].flat());
  expect(largest).toBe(rows * 32 * 4);
});

test('what cannot be computed on servers is refused', () => {
  const run = { model: MODELS['mnist-mlp']!, workers: 1, servers: 1, options: { offload: true } };
  for (const kind of ['sync', 'async'] as const)
    expect(() => planned(kind, run)).toThrow(
      'mnist-mlp has nothing that parameter servers compute (offload); lstm-512-512 has',
    );
});
