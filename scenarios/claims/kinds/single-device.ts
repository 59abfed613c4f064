import * as z from 'zod';
import { gradients } from '../../../graph/autodiff.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { type Plan, singleLoopPlan } from '../../../graph/plan.ts';
import { prune } from '../../../graph/prune.ts';
import { backwardDone } from '../../../sim/strategies/exchange-gradients.ts';
import { cutByHints } from '../../../sim/strategies/parameter-servers.ts';
import type { ClaimKind, Setting } from './kind.ts';
import { planCache } from './plan-cache.ts';
import { dtypeOf, modelOf, parametersOf, type ReplicaFields, replicaFields, replicaKey } from './replica.ts';
import { claimedCluster, claimedHosts, stepOf, stepSeconds } from './simulated-step.ts';
import { optimizerField, trainingPlan } from './training-plan.ts';

const PHASES = ['training', 'forward', 'forward+backward'] as const;
type Phase = (typeof PHASES)[number];

const fields = replicaFields({
  phase: z
    .enum(PHASES)
    .default('training')
    .describe('What a step is: forward, backward and the update, or without what follows.'),
  optimizer: optimizerField,
});
type Fields = z.output<typeof fields>;

const plans = planCache();

/** Steps of the first device of the hardware without updates of variables: forward, and backward where the phase says so. */
export function computingPlan(run: ReplicaFields, phase: Exclude<Phase, 'training'>, setting: Setting): Plan {
  const { computesOn } = claimedHosts(setting.cluster, 1);
  return plans(JSON.stringify([replicaKey(run), phase, computesOn]), () => {
    const device = `/job:worker/task:0/device:${computesOn}:0`;
    const builder = new GraphBuilder();
    const last = builder.onDevice(device, () => {
      const { loss, parameters } = modelOf(run).build(builder, { batch: run.batch, dtype: dtypeOf(run) });
      if (phase === 'forward') return loss.node;
      const slopes = gradients(builder, loss, parameters);
      return backwardDone(
        builder,
        parameters.map((parameter, i) => ({ parameter, gradient: slopes[i]! })),
      );
    });
    const whole = builder.finish();
    const { graph } = prune(whole, [whole.name.indexOf(last.name)]);
    return singleLoopPlan(cutByHints(graph, [device]), 2);
  });
}

/** The plan, on the device that it is for. */
export function onDevice(plan: Plan, index: number): Plan {
  return { ...plan, loops: plan.loops.map((loop) => ({ ...loop, device: Int32Array.of(index) })) };
}

/** One device alone: a training step, or the part of it that benchmarks time. Inputs are there when it starts. */
export const singleDevice: ClaimKind<Fields> = {
  name: 'single-device',
  what: 'a step of a model on one device',
  fields: fields as unknown as z.ZodType<Fields>,
  predict: (run, setting) => {
    const cluster = claimedCluster(setting, 1);
    const { computesOn } = claimedHosts(setting.cluster, 1);
    const plan =
      run.phase === 'training'
        ? trainingPlan({ ...run, workers: 1 }, setting, cluster)
        : onDevice(
            computingPlan(run, run.phase, setting),
            cluster.indexOf(`/job:worker/task:0/device:${computesOn}:0`),
          );
    const seconds = stepSeconds({ plan, cluster, run }, setting);
    return stepOf(run, { seconds, workers: 1, plan, cluster });
  },
  sizes: (run) => ({ devices: 1, batch: run.batch, parameters: parametersOf(run) }),
};
