import type { Work } from '../../base/work.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import type { Profile } from '../../devices/profile.ts';
import { profiledDevice } from '../../devices/profiled-device.ts';
import { profiledSeconds } from '../../devices/profiled-seconds.ts';
import type { RunProgram } from '../../executor/run-program.ts';
import { graphWork } from '../../graph/cost.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { missedBytes, missShare } from './cache-misses.ts';

/** What the executor does for a node: what is fed is copied into its memory. */
export function executedWork(work: Work): Work {
  if (work.call?.op !== 'Placeholder') return work;
  const bytes = work.call.outputs.reduce((sum, spec) => sum + byteCount(spec), 0);
  return { ...work, class: 'data', bytesRead: bytes, bytesWritten: bytes };
}

/** Per node of the graph of a program: seconds on one thread of the profiled machine, dispatch included. */
export function nodeSeconds(run: RunProgram, profile: Profile): Float64Array {
  const { graph } = run.program.p;
  const estimate = profiledSeconds(profile);
  const device = profiledDevice(profile);
  const missed = missedBytes(run, missShare(profile.memory));
  return Float64Array.from(graphWork(graph), (work, node) => {
    const done = executedWork(work);
    const miss = profile.missSecondsPerByte?.[done.class] ?? 0;
    return (
      (estimate(done) ?? kernelSeconds(done, device)) + miss * missed[node]! + profile.dispatch.nodeSeconds
    );
  });
}

/** What each byte of an op takes longer that was not in a cache. */
export function missSecondsOf(work: Work, costs: Profile['missSecondsPerByte'] = {}): number {
  return costs[work.call?.op ?? ''] ?? costs[work.class] ?? 0;
}
