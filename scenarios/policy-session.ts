import { Session } from '../executor/session.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { PolicySession, PolicyTensor } from '../placement/placer.ts';

/**
 * Runs policy networks of placers on the executor, on one thread: give it as `session` of a placer's context.
 *
 *     const context = { evaluate, failing, random, session: policySession };
 */
export function policySession(graph: Graph, seed: number): PolicySession {
  const session = new Session(graph, { seed });
  return {
    run({ feeds, fetches, targets = [] }) {
      const fed = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, tensorOf(value)]));
      return session.run({ feeds: fed, fetches, targets }).map(({ data }) => {
        return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>);
      });
    },
    assign(variable, value) {
      // The caller may go on with its array; a variable's value stays.
      session.variables.writeVariable(variable, tensorOf({ shape: value.shape, data: value.data.slice() }));
    },
  };
}

function tensorOf({ shape, data }: PolicyTensor): Tensor {
  return { spec: { dtype: data instanceof Float32Array ? 'float32' : 'int32', shape }, data };
}
