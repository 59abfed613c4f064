import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Another simulator that can run the DAGs that `dump` writes. */
export interface Peer {
  readonly name: string;
  readonly network: 'fifo' | 'fluid';
  simulate(dagFile: string): Promise<PeerRun>;
}

export interface PeerRun {
  readonly makespan: number;
  /** CPU seconds of the simulation alone, without starting the program and reading the DAG. */
  readonly cpuSeconds: number;
}

/** The peer, or what to do to have it. */
export type FoundPeer = Peer | { readonly missing: string };

/** The bundle is out/bench/sim.bench.mjs. */
const bundleFolder = dirname(fileURLToPath(import.meta.url));
const programs = join(bundleFolder, '..', '..', 'bench', 'peers');

/** SimPy, from whichever Python has it: Debian's package belongs to Debian's own. */
export function findSimPy(): FoundPeer {
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const version = output(python, ['-c', 'import simpy; print(simpy.__version__)']);
      return {
        name: `SimPy ${version}`,
        network: 'fifo',
        simulate: (dag) => peerRun(python, [join(programs, 'fifo.py'), dag]),
      };
    } catch {
      // The next one, or none.
    }
  }
  return { missing: 'SimPy is not installed: apt-get install python3-simpy3' };
}

/** SimGrid, compiled on the spot. */
export function findSimGrid(): FoundPeer {
  const missing = (what: string): FoundPeer => ({ missing: `${what}: apt-get install libsimgrid-dev g++` });
  const program = join(bundleFolder, 'fluid');
  mkdirSync(bundleFolder, { recursive: true });
  try {
    output('g++', ['--version']);
  } catch {
    return missing('SimGrid needs a C++ compiler');
  }
  try {
    output('g++', ['-O2', '-std=c++17', '-o', program, join(programs, 'fluid.cpp'), '-lsimgrid']);
    // e.g. "This program was linked against SimGrid version 3.32.1, …"
    const text = output(program, ['--version']);
    return {
      name: `SimGrid ${/version ([\d.]*\d)/.exec(text)?.[1] ?? ''}`.trimEnd(),
      network: 'fluid',
      simulate: (dag) => peerRun(program, [dag]),
    };
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim().split('\n')[0] ?? String(error);
    return missing(`SimGrid is not installed, or another version than 3.32 (${reason})`);
  }
}

const output = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

async function peerRun(program: string, args: readonly string[]): Promise<PeerRun> {
  const { stdout } = await run(program, args);
  const [makespan, cpuSeconds] = stdout.trim().split(' ').map(Number);
  return { makespan: makespan!, cpuSeconds: cpuSeconds! };
}
