import { expect, test } from 'vitest';
import type { VariableAttrs } from '../../../graph/ops/state.ts';
import { gradientDescent } from '../../../graph/optimizers/gradient-descent.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { configured } from '../../../graph/zoo/settings.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { placeInWhole } from '../../scenarios/ranks.ts';
import { distance, gpuCluster, trainedAlone, trainedCopies } from './replica-training.ts';

const [BATCH, UPDATES] = [2, 2];
const gptMoe = configured(MODELS['gpt-moe']!, {
  layers: 2,
  width: 8,
  heads: 2,
  length: 4,
  vocabulary: 12,
  experts: 4,
  capacity: 75,
});

interface Case {
  readonly data: number;
  readonly options: {
    readonly [key: string]: number | string;
    readonly tensor: number;
    readonly pipeline: number;
    readonly micro_batches: number;
  };
}

// Words are sent to places of their replica and micro-batch: one device has as many groups of words.
test.each<Case>([
  { data: 2, options: { expert: 2, tensor: 1, pipeline: 1, micro_batches: 1 } },
  { data: 4, options: { expert: 2, tensor: 1, pipeline: 1, micro_batches: 1 } },
  { data: 2, options: { expert: 2, tensor: 2, pipeline: 1, micro_batches: 1 } },
  { data: 2, options: { expert: 2, tensor: 1, pipeline: 2, micro_batches: 2, recompute: 'full' } },
])('a mesh with experts divided has the numbers of one device: %o', ({ data, options }) => {
  const { tensor, pipeline, micro_batches } = options;
  const workers = data * tensor * pipeline;
  const cluster = gpuCluster(workers);
  const run = { model: gptMoe, batch: BATCH, cluster, workers, updates: UPDATES + 1, options };
  const plan = planBy(STRATEGIES.mesh, run);
  const copies = trainedCopies(plan, cluster, gptMoe, { batch: BATCH });
  const whole = new Map<string, Float64Array>();
  for (const { scope = '', template } of plan.loops) {
    const { graph } = template;
    for (const [name, values] of copies.get(scope)!) {
      const attrs = graph.attrs[graph.name.indexOf(name)] as unknown as VariableAttrs;
      const all =
        whole.get(name) ?? new Float64Array(elementCount(attrs.whole ?? attrs.shape)).fill(Number.NaN);
      for (const [i, value] of values.entries()) {
        const place = placeInWhole(attrs, i);
        if (!Number.isNaN(all[place]!)) expect(Math.abs(all[place]! - value)).toBeLessThan(1e-6);
        all[place] = value;
      }
      whole.set(name, all);
    }
  }
  const grouped = gptMoe.with({ groups: data * micro_batches });
  const alone = trainedAlone(grouped, gradientDescent(0.1), {
    batch: BATCH,
    replicas: data,
    updates: UPDATES,
  });
  expect(distance(alone, whole)).toBeLessThan(1e-5);
});
