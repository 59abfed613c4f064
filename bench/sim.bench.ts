import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { servedAsChild } from './sim/child.ts';
import type { Figures } from './sim/figures.ts';
import { goalFigures } from './sim/goals.ts';
import {
  measureCases,
  measureMemory,
  measurePeers,
  measureRings,
  type Progress,
} from './sim/measurements.ts';
import { queueRates } from './sim/queues.ts';
import {
  caseTable,
  goalTable,
  memoryTable,
  peerTable,
  queueTable,
  relativeDifference,
  ringTable,
} from './sim/tables.ts';

/*
 * How fast the simulator is, how its cost grows, and the same DAGs on other simulators. bench/README.md says how it
 * is measured. `npm run bench:sim -- [--quick] [--json FILE]`.
 */

if (!servedAsChild()) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
  const quick = values.quick ?? false;
  const progress: Progress = (what) => process.stderr.write(`… ${what}\n`);

  progress('event queues');
  const queues = quick
    ? queueRates([100, 10_000], 100_000, 5)
    : queueRates([100, 10_000, 100_000, 1_000_000], 300_000, 7);
  const cases = await measureCases(quick, progress);
  const memory = await measureMemory(quick, progress);
  const { peers, missingPeers } = await measurePeers(quick, cases, progress);
  const rings = await measureRings(quick, progress);
  const measured = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    quick,
    queues,
    cases,
    memory,
    peers,
    missingPeers,
    rings,
  };
  const figures: Figures = { ...measured, goals: goalFigures(measured) };
  print(figures);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  const disagreeing = peers.filter((p) => p.tolerance !== undefined && relativeDifference(p) > p.tolerance);
  if (disagreeing.length > 0) process.exitCode = 1;
}

function print(figures: Figures): void {
  const section = (title: string, table: string): void => console.log(`\n## ${title}\n\n${table}`);
  console.log(`\nNode ${figures.node} on ${figures.cpu}; CPU time of all threads`);
  section('Event queue: hold model, million events/s', queueTable(figures));
  section('Simulation: µs per activity (median; least of all warm runs)', caseTable(figures));
  section('Peak memory: bytes per activity', memoryTable(figures));
  section('Peers: µs per activity, and times that of stepcast (warm, cold)', peerTable(figures));
  for (const missing of figures.missingPeers) console.log(missing);
  if (figures.rings.length > 0) section('Ring all-reduce of 1 MiB per device', ringTable(figures));
  section('Goals', goalTable(figures.goals));
}
