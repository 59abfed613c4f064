import { UserError } from '../base/errors.ts';
import { algorithmFor } from '../devices/collectives/index.ts';
import type { LinkModel } from '../devices/device.ts';
import type { ActivityGraph } from '../sim/activity-graph.ts';
import { simulateActivities } from '../sim/simulate-activities.ts';
import { activityTimes } from '../sim/traces/activity-times.ts';
import { breakdown, type DeviceBreakdown } from '../sim/traces/breakdown.ts';
import { readChakra } from '../sim/traces/chakra/read.ts';
import { type ChakraSystem, chakraReplay } from '../sim/traces/chakra/replay.ts';
import { chakraFiles } from '../sim/traces/chakra/write.ts';
import { kernelTimes } from '../sim/traces/kineto/kernel-times.ts';
import type { KinetoChanges } from '../sim/traces/kineto/process.ts';
import { readKineto } from '../sim/traces/kineto/read.ts';
import { type KinetoReplay, kinetoGraph } from '../sim/traces/kineto/replay.ts';
import { gpuSpan } from '../sim/traces/kineto/trace.ts';
import { replayCluster } from './replay-cluster.ts';
import type { TraceFile } from './trace-files.ts';

/** Everything of one name. */
export interface ReplayedOp {
  readonly name: string;
  readonly count: number;
  readonly seconds: number;
  readonly meanSeconds: number;
}

export interface ReplayedDevice extends DeviceBreakdown {
  readonly name: string;
}

/** What is the same whatever was replayed. */
interface Replay {
  /** Simulated seconds until everything is done. */
  readonly seconds: number;
  readonly devices: readonly ReplayedDevice[];
  /** Longest in total first. */
  readonly ops: readonly ReplayedOp[];
  /** What was simulated, for other programs to simulate. */
  readonly graph: ActivityGraph;
}

export interface ChakraResults extends Replay {
  readonly kind: 'chakra';
  /** In words; undefined where nothing is communicated. */
  readonly network: string | undefined;
}

export interface KinetoResults extends Replay {
  readonly kind: 'kineto';
  /** Per trace: from the first start to the last end of what its GPUs did. */
  readonly spans: readonly {
    readonly file: string;
    readonly recordedSeconds: number;
    readonly replayedSeconds: number;
    /** With what is to be different; absent where nothing is. */
    readonly changedSeconds?: number;
  }[];
  /** Collectives in which all ranks meet. */
  readonly collectives: number;
}

export interface ChakraRequest {
  readonly dependencies?: 'all' | 'data';
  readonly topology?: 'ring' | 'switch';
  /** Of each link; needed where ranks communicate. */
  readonly link?: LinkModel;
  readonly system?: Omit<ChakraSystem, 'collectives'>;
  readonly collectives?: Omit<NonNullable<ChakraSystem['collectives']>, 'clock'>;
  /** Times of messages and sums are cut to whole ticks of so many seconds where given. */
  readonly tickSeconds?: number;
}

/** Replays Chakra traces, rank by rank of a network. @throws UserError as their reader and their replay do. */
export function replayChakraFiles(files: readonly TraceFile[], request: ChakraRequest): ChakraResults {
  const { dependencies = 'all', topology = 'switch', link, tickSeconds } = request;
  // Also of collectives that the traces do not have: a misspelt name would change nothing.
  for (const [collective, algorithm] of Object.entries(request.system?.algorithms ?? {}))
    algorithmFor(collective, algorithm);
  const traces = files.map(({ bytes, file }) => readChakra(bytes, file, { dependencies }));
  const ranks = traces.map((_, rank) => `rank ${rank}`);
  const { cluster, description } = replayCluster(ranks, topology, link);
  const { graph, entry, exit, isCollective } = chakraReplay(traces, {
    ...request.system,
    collectives: {
      ...request.collectives,
      ...(tickSeconds !== undefined && { clock: { seconds: tickSeconds, cluster } }),
    },
  });
  const communicates = graph.pairs.from.length > 0;
  if (communicates && link === undefined) {
    throw new UserError('the ranks communicate: give --link, or --bandwidth and --latency');
  }
  const simulation = simulateActivities(graph, cluster, { record: { from: 0, to: 1 } });
  const times = activityTimes(graph, simulation);
  const ops = new Map<string, { count: number; seconds: number }>();
  traces.forEach(({ nodes }, rank) => {
    nodes.forEach(({ name }, index) => {
      const seconds = times.end[exit[rank]![index]!]! - times.start[entry[rank]![index]!]!;
      if (!(seconds > 0)) return;
      const row = ops.get(name) ?? { count: 0, seconds: 0 };
      row.count++;
      row.seconds += seconds;
      ops.set(name, row);
    });
  });
  return {
    kind: 'chakra',
    network: communicates ? description : undefined,
    seconds: simulation.seconds,
    devices: breakdown(graph, times, ranks.length, simulation.seconds, isCollective).map((device, rank) => ({
      name: ranks[rank]!,
      ...device,
    })),
    ops: [...ops]
      .map(([name, row]) => ({ name, ...row, meanSeconds: row.seconds / row.count }))
      .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1)),
    graph,
  };
}

/** Replays Kineto traces, as recorded and, where something is to be different, with that. @throws UserError */
export function replayKinetoFiles(files: readonly TraceFile[], changes: KinetoChanges): KinetoResults {
  const traces = files.map(({ bytes, file }) => readKineto(new TextDecoder().decode(bytes), file));
  const recorded = replayKineto(kinetoGraph(traces));
  const isChanged = changes.speed !== undefined || changes.hostSpeed !== undefined;
  const last = isChanged ? replayKineto(kinetoGraph(traces, changes)) : recorded;
  const { replay, times, seconds } = last;
  const isNccl = (activity: number): boolean => /^(nccl|rccl)/i.test(replay.graph.nameOf(activity));
  const { graph, devices } = replay;
  return {
    kind: 'kineto',
    seconds,
    spans: traces.map(({ file, tasks }, i) => {
      const { from, until } = gpuSpan(tasks);
      return {
        file,
        recordedSeconds: until - from,
        replayedSeconds: recorded.spans[i]!,
        ...(isChanged && { changedSeconds: last.spans[i]! }),
      };
    }),
    collectives: replay.meetings,
    devices: breakdown(graph, times, devices.length, seconds, isNccl).map((device, i) => ({
      name: devices[i]!.name,
      ...device,
    })),
    ops: kernelTimes(traces),
    graph,
  };
}

function replayKineto(replay: KinetoReplay) {
  const { graph, devices, activities } = replay;
  const { cluster } = replayCluster(
    devices.map(({ name }) => name),
    'switch',
    undefined,
  );
  const simulation = simulateActivities(graph, cluster, { record: { from: 0, to: 1 } });
  const times = activityTimes(graph, simulation);
  const spans = activities.map((list) => {
    const span = gpuSpan(
      Array.from(list, (activity) => ({
        start: times.start[activity]!,
        seconds: times.end[activity]! - times.start[activity]!,
      })),
    );
    return span.until - span.from;
  });
  return { replay, times, spans, seconds: simulation.seconds };
}

/** The graph of a replay as Chakra traces, one per device. @throws UserError */
export function replayAsChakra({ graph }: Replay): Uint8Array[] {
  return chakraFiles(graph);
}
