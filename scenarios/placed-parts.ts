import { invariant } from '../base/errors.ts';
import { stream } from '../base/random.ts';
import { graphProblem } from '../placement/graph-problem.ts';
import { PLACERS } from '../placement/index.ts';
import type { Placer } from '../placement/placer.ts';
import type { StrategyInput } from '../sim/strategies/strategy.ts';
import { placementEvaluator } from './placement-evaluator.ts';
import { placementCosts } from './placement-question.ts';
import { policySession } from './policy-session.ts';
import type { Scenario } from './schema.ts';

/** How strategies that cut a model op by op (model-parallel) have it placed: by a placer's name, under the scenario's runtime. */
export function placesFor({
  runtime,
  seed,
}: Pick<Scenario, 'runtime' | 'seed'>): NonNullable<StrategyInput['place']> {
  const placers: { readonly [name: string]: Placer } = PLACERS;
  return (name, graph, cluster) => {
    const placer = placers[name];
    invariant(placer !== undefined, `there is no placer ${name}`);
    const problem = graphProblem(graph, cluster, placementCosts(graph, cluster));
    const { evaluate, failing } = placementEvaluator(graph, cluster, runtime, problem);
    const random = stream(seed, 'placer', name);
    return placer.place(problem, { evaluate, failing, random, session: policySession }).placement;
  };
}
