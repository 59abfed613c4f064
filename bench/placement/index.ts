import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Checks } from './checks.ts';
import { Published } from './published.ts';
import type { Bench, Section } from './section.ts';
import { canonical } from './sections/canonical.ts';
import { constructedGraphs } from './sections/constructed.ts';
import { unrelatedMachines } from './sections/heterogeneous.ts';
import { maxLoads } from './sections/max-load.ts';
import { paperOrderings } from './sections/papers.ts';
import { measuredProfiles } from './sections/profiles.ts';
import { recordedSchedules } from './sections/recorded-schedules.ts';
import { regimes } from './sections/regimes.ts';
import { evaluationSpeed } from './sections/speed.ts';
import { standardTaskGraphs } from './sections/stg.ts';

/** In the order in which they are run. */
export const SECTIONS: readonly Section[] = [
  canonical,
  standardTaskGraphs,
  recordedSchedules,
  unrelatedMachines,
  constructedGraphs,
  maxLoads,
  measuredProfiles,
  evaluationSpeed,
  regimes,
  paperOrderings,
];

export interface BenchOptions {
  readonly quick?: boolean;
  /** Names of sections; default: all. */
  readonly only?: readonly string[];
  readonly print: Bench['print'];
  readonly progress: Bench['progress'];
}

/** Placers on the published instances in `folder`. @throws Error where there are none, or an unknown section is named. */
export async function benchPlacement(
  folder: string,
  { quick = false, only, print, progress }: BenchOptions,
): Promise<Checks> {
  if (!existsSync(join(folder, 'oracle.json')))
    throw new Error(`no published instances in ${folder} (it should hold oracle.json, stg, sinnen, …)`);
  const unknown = only?.find((name) => SECTIONS.every((section) => section.name !== name));
  if (unknown !== undefined)
    throw new Error(
      `there is no section "${unknown}"; there are ${SECTIONS.map(({ name }) => name).join(', ')}`,
    );
  const checks = new Checks();
  const bench = { published: new Published(folder), checks, quick, print, progress };
  for (const section of SECTIONS) {
    if (only !== undefined && !only.includes(section.name)) continue;
    print(`\n## ${section.title}\n`);
    await section.run(bench);
  }
  return checks;
}
