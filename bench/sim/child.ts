import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../devices/cluster.ts';
import type { ActivityGraph } from '../../sim/activity-graph.ts';
import { makespan } from '../../sim/makespan.ts';
import { simulateActivities, singleRun } from '../../sim/simulate-activities.ts';
import { cpuSecondsOf } from '../measure.ts';
import { type Case, DAGS } from './cases.ts';
import { type Ring, type RingRun, runRing } from './rings.ts';
import { star } from './star.ts';

/*
 * Every measurement of the simulator has a process of its own: cold is cold then, no case meets machine code that
 * another one made V8 generalise, and peak memory is that of one case.
 */

export interface Timing {
  readonly count: number;
  readonly makespan: number;
  /** CPU seconds: making the DAG and the cluster; the first simulation; further ones. */
  readonly buildSeconds: number;
  readonly coldSeconds: number;
  readonly warmSeconds: readonly number[];
}

export interface Memory {
  readonly count: number;
  /** Peak resident bytes above those of the same process when it had simulated a DAG of a thousand activities. */
  readonly buildBytes: number;
  readonly simulateBytes: number;
}

/** Further simulations: at least 2, at most 9, and no more once they have taken a second. */
const MOST_WARM = 9;
const LEAST_WARM = 2;
const WARM_SECONDS = 1;

const CHILD = '--child';

/** Runs a case in a process of its own. */
export const timed = (what: Case): Promise<Timing> => inChild('time', what);
export const peakMemory = (what: Case): Promise<Memory> => inChild('memory', what);
export const timedRing = (ring: Ring): Promise<RingRun> => inChild('ring', ring);

const MEASUREMENTS = { time, memory, ring: runRing };

/** Where this process is such a child: does what it was made for and returns true. */
export function servedAsChild(): boolean {
  const at = process.argv.indexOf(CHILD);
  if (at === -1) return false;
  const measure = MEASUREMENTS[process.argv[at + 1] as keyof typeof MEASUREMENTS];
  process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[at + 2]!))));
  return true;
}

function time({ dag, count, network }: Case): Timing {
  let graph = DAGS[dag].build(0);
  let cluster = star(1);
  const buildSeconds = cpuSecondsOf(() => {
    graph = DAGS[dag].build(count);
    cluster = star(DAGS[dag].hosts);
  });
  const makespans = new Set<number>();
  const run = (): number => cpuSecondsOf(() => makespans.add(secondsOf(graph, cluster, network)));
  const coldSeconds = run();
  const warmSeconds: number[] = [];
  for (let spent = 0; warmSeconds.length < MOST_WARM; ) {
    const seconds = run();
    warmSeconds.push(seconds);
    spent += seconds;
    if (spent > WARM_SECONDS && warmSeconds.length >= LEAST_WARM) break;
  }
  if (makespans.size !== 1) throw new Error(`the same DAG took ${[...makespans].join(' and ')} s`);
  const [seconds] = makespans;
  return { count: graph.count, makespan: seconds!, buildSeconds, coldSeconds, warmSeconds };
}

function memory({ dag, count, network }: Case): Memory {
  secondsOf(DAGS['training, 8/4'].build(1000), star(12), network);
  const before = peakResidentBytes();
  const cluster = star(DAGS[dag].hosts);
  const graph = DAGS[dag].build(count);
  const buildBytes = peakResidentBytes() - before;
  secondsOf(graph, cluster, network);
  return { count: graph.count, buildBytes, simulateBytes: peakResidentBytes() - before };
}

function secondsOf(graph: ActivityGraph, cluster: Cluster, network: Case['network']): number {
  if (network === 'fifo, unwatched') return makespan(singleRun(graph, cluster), cluster, 'whole-messages');
  const kind = network === 'fifo' ? 'whole-messages' : 'fluid';
  return simulateActivities(graph, cluster, { network: kind }).seconds;
}

const peakResidentBytes = (): number => process.resourceUsage().maxRSS * 1024;

function inChild<T>(what: keyof typeof MEASUREMENTS, of: Case | Ring): Promise<T> {
  const program = fileURLToPath(import.meta.url);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, CHILD, what, JSON.stringify(of)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(answer) as T);
      else reject(new Error(`${what} of ${JSON.stringify(of)} ended with exit code ${code}`));
    });
  });
}
