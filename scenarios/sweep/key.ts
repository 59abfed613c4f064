import { contentHash } from '../../base/canonical-json.ts';
import { RESULTS_VERSION } from '../results.ts';
import type { Scenario } from '../schema.ts';
import { version } from '../version.ts';
import type { SweepPlan } from './plan.ts';

/** What made a result, besides the scenario. */
const PROGRAM = { program: version, results: RESULTS_VERSION } as const;

/**
 * Names a run by all that decides its figures: SHA-256 of the canonical JSON of the resolved scenario with its seed,
 * the version of the program and that of its results. Titles and descriptions decide nothing.
 */
export function sweepKey({ title, description, ...scenario }: Scenario): string {
  const experiments = scenario.experiments.map(({ title, ...experiment }) => experiment);
  return contentHash({ ...PROGRAM, scenario: { ...scenario, experiments } });
}

/** Names a sweep by all that decides its points, and by the program that runs it: 16 hexadecimal digits. */
export function sweepId({ fingerprint, count, parameters }: SweepPlan): string {
  return contentHash({ ...PROGRAM, fingerprint, count, parameters }).slice(0, 16);
}

/** Names a point that makes no scenario. */
export function refusedKey(sweep: string, index: number): string {
  return contentHash({ sweep, refused: index });
}
