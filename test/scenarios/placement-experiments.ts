import { placeScenario } from '../../scenarios/place-scenario.ts';
import {
  type PlacementQuestion,
  type PlacementSetting,
  placementSetting,
} from '../../scenarios/placement-question.ts';
import type { PlacementScenario } from '../../scenarios/schema.ts';

/* Placement experiments for tests, on a machine of the catalog. */

export interface Asked extends Partial<Pick<PlacementQuestion, 'objective' | 'soft' | 'runtime'>> {
  readonly model?: string;
  readonly batch?: number;
  readonly cluster?: string;
}

export function questionOf(asked: Asked = {}): PlacementQuestion {
  const { model = 'mnist-mlp', batch = 32, cluster = 'dgx-1' } = asked;
  const scenario = placeScenario({ model, cluster, batch, placer: 'heft', dims: {}, shapes: {} });
  const [experiment] = scenario.experiments as readonly PlacementScenario[];
  return {
    cluster: scenario.cluster,
    accelerators: scenario.cluster.workers.accelerators,
    runtime: asked.runtime ?? scenario.runtime,
    model: experiment!.model,
    objective: asked.objective ?? 'step-time',
    soft: asked.soft ?? false,
  };
}

export const settingOf = (asked: Asked = {}): PlacementSetting => placementSetting(questionOf(asked));
