import { RequestReader, type RunRequest } from '../../executor/request.ts';
import {
  onOneDevice,
  type RunProgram,
  runProgram,
  type SessionPlacement,
} from '../../executor/run-program.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Feed } from '../../graph/zoo/model.ts';
import { drawnInput } from '../input-values.ts';

/** A step that this machine both runs and predicts: the executor's program of it, which the simulator gets too. */
export interface LocalStep {
  readonly graph: Graph;
  readonly request: RunRequest;
  readonly placement: SessionPlacement;
  /** What the executor makes of the request: pruned, merged, cut for the devices. */
  readonly program: RunProgram;
}

export interface AuthoredStep {
  readonly graph: Graph;
  readonly feeds: readonly Feed[];
  /** Name of the node that is fetched. */
  readonly loss: string;
  /** Names of the nodes that are run for their effect. */
  readonly targets: readonly string[];
}

/** The step with inputs drawn from a seed; everything on one device unless placed. */
export function localStep(
  { graph, feeds, loss, targets }: AuthoredStep,
  placement: SessionPlacement = onOneDevice(graph),
): LocalStep {
  const known = new Set(graph.name);
  const values = feeds
    .filter(({ value }) => known.has(value.node.name))
    .map(({ value, below }) => {
      const { name } = value.node;
      return [name, drawnInput({ name, spec: value.spec, below }, 1)] as const;
    });
  const request: RunRequest = { fetches: [loss], targets, feeds: Object.fromEntries(values) };
  const program = runProgram(graph, placement, new RequestReader(graph).read(request), true);
  return { graph, request, placement, program };
}
