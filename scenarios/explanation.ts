import { getOrMake } from '../base/get-or-make.ts';
import { formatPercent } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { criticalPath, type PathPart, type PathStretch } from '../sim/critical-path.ts';
import { pathSeconds } from '../sim/path-seconds.ts';
import type { Program } from '../sim/program.ts';
import type { Simulation } from '../sim/simulation.ts';
import { Row } from '../sim/trace.ts';
import { FASTER, type ResourceClass, resourceClasses, whatIf } from '../sim/what-if.ts';
import type { Explanation } from './results.ts';

/** Entries of the critical path that are told apart; the rest is summed by part. */
const LISTED = 12;
/** Gains below a thousandth are none worth a sentence. */
const NO_GAIN = 1e-3;

/** What takes less of the path would save less than NO_GAIN, and is not simulated again: that is the costly part. */
const LEAST_SHARE = NO_GAIN / FASTER;

/** Simulates again: on a changed cluster, with factors on the compute times of devices and on times of dispatch. */
export type SecondsOf = (
  cluster: Cluster,
  deviceFactor: Float64Array | undefined,
  dispatchFactor: number,
) => number;

/**
 * Where the recorded time goes and what would shorten it: resources that take a hundredth of the critical path or more.
 * `secondsOf` simulates the same with changes; without any
 * it gives what gains are measured against.
 */
export function explain(
  of: string,
  program: Program,
  cluster: Cluster,
  simulation: Simulation,
  dispatchSeconds: Float64Array | undefined,
  secondsOf: SecondsOf,
): Explanation {
  const path = criticalPath(program, cluster, simulation, dispatchSeconds);
  const { deviceUse, linkBytes, recorded } = simulation;
  const used = {
    device: (device: number) => deviceUse.compute[device]! > 0,
    link: (link: number) => linkBytes[link]! > 0,
  };
  const onPath = pathSeconds(path, program, cluster, simulation);
  const seconds = recorded.until - recorded.from;
  const resources = resourceClasses(cluster, used, dispatchSeconds).filter(
    (resource) => onPath(resource) >= LEAST_SHARE * seconds,
  );
  const baseline = secondsOf(cluster, undefined, 1);
  const gains = whatIf(cluster, resources, secondsOf).map(({ resource, seconds }) => ({
    resource: resourceInWords(resource),
    stepSeconds: seconds,
    gain: 1 - seconds / baseline,
  }));
  return {
    of,
    seconds,
    criticalPath: summed(path, program, cluster, simulation),
    faster: FASTER,
    baselineSeconds: baseline,
    whatIf: gains,
    bottleneck: bottleneckInWords(gains),
  };
}

const ASPECT = {
  compute: 'compute speed',
  bandwidth: 'bandwidth',
  latency: 'latency',
  dispatch: 'dispatch of ops',
} as const;

/** `bandwidth of 10 Gigabit Ethernet` */
function resourceInWords({ kind, name }: ResourceClass): string {
  return kind === 'dispatch' ? `${ASPECT[kind]} by their ${name}` : `${ASPECT[kind]} of ${name}`;
}

function bottleneckInWords(gains: Explanation['whatIf']): string {
  const better = formatPercent(FASTER);
  const [first, second] = gains.filter(({ gain }) => gain >= NO_GAIN);
  if (first === undefined) return `No single resource that is ${better} better shortens the step.`;
  const told = `The step is limited most by the ${first.resource}: ${better} better saves ${formatPercent(first.gain)} of its time`;
  return second === undefined
    ? `${told}, and no other resource does.`
    : `${told}; next comes the ${second.resource} with ${formatPercent(second.gain)}.`;
}

const IN_WORDS: { readonly [P in PathPart]: string } = {
  compute: 'computing',
  slowdown: 'slower than undisturbed',
  transfer: 'moving data',
  contention: 'waiting for links that others use',
  dispatch: 'waiting for dispatch by the host',
  other: 'delays, checkpoints, restarts',
};

function summed(
  path: readonly PathStretch[],
  { loops }: Program,
  cluster: Cluster,
  { trace }: Simulation,
): Explanation['criticalPath'] {
  const seconds = new Map<string, { part: PathPart; what: string; seconds: number; times: number }>();
  for (const { part, row, start, end } of path) {
    const what = row < 0 ? '' : whatIs(row);
    const key = `${part} ${what}`;
    const entry = seconds.get(key) ?? { part, what, seconds: 0, times: 0 };
    entry.seconds += end - start;
    entry.times++;
    seconds.set(key, entry);
  }
  const entries = [...seconds.values()].sort((a, b) => b.seconds - a.seconds);
  const told = entries.slice(0, LISTED).map(({ part, what, seconds: sum, times }) => ({
    part,
    what: what === '' ? IN_WORDS[part] : `${IN_WORDS[part]}: ${what}`,
    seconds: sum,
    times,
  }));
  const rest = new Map<PathPart, { kinds: number; seconds: number; times: number }>();
  for (const { part, seconds: sum, times } of entries.slice(LISTED)) {
    const entry = getOrMake(rest, part, () => ({ kinds: 0, seconds: 0, times: 0 }));
    entry.kinds++;
    entry.seconds += sum;
    entry.times += times;
  }
  return [
    ...told,
    ...Array.from(rest, ([part, { kinds, seconds: sum, times }]) => ({
      part,
      what: `${IN_WORDS[part]}: ${kinds} more`,
      seconds: sum,
      times,
    })),
  ];

  /** An op by its kind and device model, a transfer by the links that it crosses. */
  function whatIs(row: number): string {
    const { activities, route } = loops[trace.loop[row]!]!;
    const activity = trace.node[row]!;
    const { model } = cluster.devices[trace.place[row]!]!;
    if (trace.kind[row] === Row.exchange) return `${activities.kindOf(activity)} with other workers`;
    if (activities.kindOf(activity) !== 'Send') return `${activities.kindOf(activity)} on ${model.name}`;
    const names = Array.from(
      route[activities.subject[activity]!]!,
      (link) => cluster.links[link]!.model.name,
    );
    return `over ${[...new Set(names)].join(', ')}`;
  }
}
