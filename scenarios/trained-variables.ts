import { VariableStore } from '../executor/variables.ts';
import type { Plan } from '../graph/plan.ts';

/**
 * The variables of the model that a plan trains, under the names that they have on one device: of loops with copies of
 * their own, those of the first. Variables that no loop has read yet are not there, and are initialised by whoever reads
 * them as the loops would.
 */
export function trainedVariables({ loops }: Plan, held: VariableStore): VariableStore {
  const scopes = [...new Set(loops.map(({ scope }) => scope ?? ''))];
  if (scopes.length === 1 && scopes[0] === '') return held;
  const trained = new VariableStore();
  for (const name of held.names()) {
    const scope = scopes.find((prefix) => prefix !== '' && name.startsWith(prefix)) ?? '';
    const own = name.slice(scope.length);
    if (trained.readVariable(own) === undefined) trained.writeVariable(own, held.readVariable(name)!);
  }
  return trained;
}
