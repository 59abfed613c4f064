import type { Plan } from '../../../graph/plan.ts';

/** Plans that were asked for last: points of a claim follow one another, and anchored ones ask for the same one again and again. */
const MOST = 24;

/**
 * A function that keeps the plans that it made last, by what they depend on. Plans name devices of a cluster by index, so the key
 * has to say which.
 */
export function planCache(): (key: string, make: () => Plan) => Plan {
  const known = new Map<string, Plan>();
  return (key, make) => {
    const plan = known.get(key) ?? make();
    known.delete(key);
    known.set(key, plan);
    if (known.size > MOST) known.delete(known.keys().next().value!);
    return plan;
  };
}
