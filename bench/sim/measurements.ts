import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, DAGS, type DagName } from './cases.ts';
import { peakMemory, type Timing, timed, timedRing } from './child.ts';
import { dump } from './dump.ts';
import { type CaseFigures, caseFigures, type MemoryFigures, type PeerFigures } from './figures.ts';
import { findSimGrid, findSimPy } from './peers.ts';
import type { Ring, RingRun } from './rings.ts';

/* What is measured, in which sizes. */

/** Told what is being measured. */
export type Progress = (what: string) => void;

const DAG_NAMES: readonly DagName[] = ['layered, 32 hosts', 'training, 8/4', 'training, 64/32'];
const NETWORKS: readonly Case['network'][] = ['fifo', 'fifo, unwatched', 'fluid'];

/** Every case once per pass, so that a disturbance of the machine does not fall on one case alone. */
export async function measureCases(quick: boolean, progress: Progress): Promise<CaseFigures[]> {
  const counts = quick ? [1e3, 1e4, 1e5] : [1e3, 1e4, 1e5, 1e6];
  const passes = quick ? 1 : 3;
  const all: Case[] = NETWORKS.flatMap((network) =>
    DAG_NAMES.flatMap((dag) => counts.map((count) => ({ dag, count, network }))),
  );
  const timings = all.map((): Timing[] => []);
  for (let pass = 1; pass <= passes; pass++) {
    for (const [i, what] of all.entries()) {
      progress(`pass ${pass} of ${passes}: ${what.network}, ${what.dag}, ${what.count} activities`);
      timings[i]!.push(await timed(what));
    }
  }
  return all.map((what, i) => caseFigures(what, timings[i]!));
}

export async function measureMemory(quick: boolean, progress: Progress): Promise<MemoryFigures[]> {
  const count = quick ? 1e5 : 1e6;
  const figures: MemoryFigures[] = [];
  for (const network of NETWORKS) {
    for (const dag of DAG_NAMES) {
      progress(`memory: ${network}, ${dag}, ${count} activities`);
      const what = { dag, count, network };
      const { count: activities, buildBytes, simulateBytes } = await peakMemory(what);
      const per = (bytes: number): number => bytes / activities;
      figures.push({ ...what, activities, build: per(buildBytes), simulate: per(simulateBytes) });
    }
  }
  return figures;
}

/** The DAGs that peers run, and how near their makespans must be. */
function comparisons(quick: boolean): readonly (Case & { readonly tolerance?: number })[] {
  const fifo = { network: 'fifo', tolerance: 1e-9 } as const;
  const fluid = { network: 'fluid', tolerance: 1e-6 } as const;
  const large = quick ? 1e4 : 1e5;
  return [
    { dag: 'layered, 32 hosts', count: large, ...fifo },
    { dag: 'training, 8/4', count: large, ...fifo },
    ...(quick ? [] : [{ dag: 'training, 8/4', count: 1e6, ...fifo } as const]),
    { dag: 'layered, 32 hosts', count: 1e3, ...fluid },
    // Rounding turns queues around here: an exact oracle it is not.
    { dag: 'layered, 32 hosts', count: large, network: 'fluid' },
    { dag: 'training, 8/4', count: large, ...fluid },
    { dag: 'training, 64/32', count: large, ...fluid },
  ];
}

export async function measurePeers(
  quick: boolean,
  cases: readonly CaseFigures[],
  progress: Progress,
): Promise<{ peers: PeerFigures[]; missingPeers: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-bench-'));
  const peers: PeerFigures[] = [];
  const found = [findSimPy(), findSimGrid()];
  try {
    for (const peer of found) {
      if ('missing' in peer) continue;
      for (const { tolerance, ...what } of comparisons(quick).filter((c) => c.network === peer.network)) {
        progress(`${peer.name}: ${what.dag}, ${what.count} activities`);
        const file = join(folder, 'dag');
        dump(DAGS[what.dag].build(what.count), file);
        const { makespan: peerMakespan, cpuSeconds } = await peer.simulate(file);
        const own = cases.find(
          (c) => c.dag === what.dag && c.count === what.count && c.network === what.network,
        )!;
        const peerMicroseconds = (cpuSeconds / own.activities) * 1e6;
        peers.push({
          ...what,
          peer: peer.name,
          activities: own.activities,
          peerMicroseconds,
          ratio: peerMicroseconds / own.warm,
          ratioCold: peerMicroseconds / own.cold,
          makespan: own.makespan,
          peerMakespan,
          tolerance,
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { peers, missingPeers: found.flatMap((peer) => ('missing' in peer ? [peer.missing] : [])) };
}

/** Odd: the median is one of them. */
const RING_PASSES = 5;

/** All-reduces at scale, the median of some processes; none in a quick run. The folded one of 1,024 devices must take what the other takes. */
export async function measureRings(quick: boolean, progress: Progress): Promise<RingRun[]> {
  if (quick) return [];
  const rings: readonly Ring[] = [
    { ranks: 1024, how: 'flow by flow' },
    { ranks: 1024, how: 'folded' },
    { ranks: 16_384, how: 'folded' },
  ];
  const runs: RingRun[] = [];
  for (const ring of rings) {
    progress(`ring all-reduce over ${ring.ranks} devices, ${ring.how}`);
    const passes: RingRun[] = [];
    for (let pass = 0; pass < RING_PASSES; pass++) passes.push(await timedRing(ring));
    passes.sort((a, b) => a.seconds - b.seconds);
    runs.push(passes[(RING_PASSES - 1) / 2]!);
  }
  const [flows, folded] = runs;
  if (Math.abs(folded!.makespan / flows!.makespan - 1) > 1e-9) {
    throw new Error(`folded, the ring takes ${folded!.makespan} s; flow by flow ${flows!.makespan} s`);
  }
  return runs;
}
