import { type ActivityGraph, ActivityGraphBuilder } from '../../activity-graph.ts';
import { type CollectiveSystem, Collectives } from './collectives.ts';
import { processGroups } from './groups.ts';
import { DELAY, STREAM_WIDTH } from './marks.ts';
import { Messages } from './messages.ts';
import { type ChakraNode, type ChakraTrace, NodeType } from './schema.ts';
import { type ChakraMachine, secondsOf } from './work.ts';

/** What traces leave to the machine that replays them. */
export type ChakraSystem = ChakraMachine & CollectiveSystem;

/**
 * The traces of all ranks as one activity graph; rank r runs on device r.
 *
 *     const traces = files.map((bytes, rank) => readChakra(bytes, `all_reduce.${rank}.et`));
 *     simulateActivities(chakraGraph(traces), cluster).seconds;
 *
 * Each rank computes one node at a time per stream (`is_cpu_op` and `tid`). The k-th collective of a group, by node
 * ids, is the same on all its ranks; so is the k-th message with a sender, receiver and tag. A message leaves whether
 * or not its receiver is ready. A collective of which there is one rank only takes its measured time.
 *
 * @throws UserError where ranks disagree on a collective, a message has one end only, or a size has no meaning.
 */
export function chakraGraph(traces: readonly ChakraTrace[], system: ChakraSystem = {}): ActivityGraph {
  return chakraReplay(traces, system).graph;
}

export interface ChakraReplay {
  readonly graph: ActivityGraph;
  /** Per rank and node: the activity with which it begins, and the one with which it is done. */
  readonly entry: readonly Int32Array[];
  readonly exit: readonly Int32Array[];
  /** Whether an activity belongs to a collective. */
  isCollective(activity: number): boolean;
}

/** The same, with where each node is in it. */
export function chakraReplay(traces: readonly ChakraTrace[], system: ChakraSystem = {}): ChakraReplay {
  const write = new ActivityGraphBuilder();
  const messages = new Messages(write);
  const collectives = new Collectives(write, system, processGroups(traces), traces.length);
  /** Collectives of ranks of whose peers there is no trace. */
  const alone = new Set<number>();
  /** Per rank and node: what waits for its dependencies, and what its dependents wait for. */
  const entry = traces.map(({ nodes }) => new Int32Array(nodes.length));
  const exit = traces.map(({ nodes }) => new Int32Array(nodes.length));

  traces.forEach((trace, rank) => {
    const { file, nodes } = trace;
    const streams = new Map<string, number>();
    nodes.forEach((node, index) => {
      const name = `${node.name} (rank ${rank})`;
      const both = (activity: number): void => {
        entry[rank]![index] = exit[rank]![index] = activity;
      };
      switch (kindOf(node)) {
        case 'work':
          both(write.compute(streamOf(node, rank, streams, write), secondsOf(node, file, system), name));
          break;
        case 'delay':
          both(write.delay(secondsOf(node, file, system), name));
          break;
        case 'point':
          both(write.join(name));
          break;
        case 'send':
          both(messages.send(node, trace, rank, name));
          break;
        case 'receive': {
          const received = write.join(name);
          both(received);
          messages.receive(node, trace, rank, received);
          break;
        }
        case 'collective': {
          if (collectives.isAlone(node, trace)) {
            both(write.compute(streamOf(node, rank, streams, write), secondsOf(node, file, system), name));
            alone.add(exit[rank]![index]!);
            break;
          }
          const ready = write.join(name);
          entry[rank]![index] = ready;
          collectives.take(node, trace, rank, index, ready);
          break;
        }
      }
    });
  });
  messages.finish();
  const firstOfCollectives = write.count;
  for (const { rank, index, done } of collectives.finish()) exit[rank]![index] = done;

  traces.forEach(({ nodes }, rank) => {
    nodes.forEach(({ dependencies }, index) => {
      for (const dependency of dependencies) write.after(exit[rank]![dependency]!, entry[rank]![index]!);
    });
  });
  return {
    graph: write.finish(),
    entry,
    exit,
    isCollective: (activity) => activity >= firstOfCollectives || alone.has(activity),
  };
}

type Kind = 'work' | 'delay' | 'point' | 'send' | 'receive' | 'collective';

function kindOf(node: ChakraNode): Kind {
  switch (node.type) {
    case NodeType.send:
      return 'send';
    case NodeType.receive:
      return 'receive';
    case NodeType.collective:
      // The call on the host that launches a collective has the type, but neither what it does nor how much.
      return node.attributes.has('comm_type') ? 'collective' : 'work';
    case NodeType.compute:
    case NodeType.memoryLoad:
    case NodeType.memoryStore:
      return node.attributes.get(DELAY) === true ? 'delay' : 'work';
    default:
      return 'point';
  }
}

/** Of a device's queues, those of different kinds have nothing to do with each other. */
const QUEUES: { readonly [type: number]: string } = {
  [NodeType.compute]: 'compute',
  [NodeType.collective]: 'network',
};

/** A thread of the host or a queue of the device. */
function streamOf(
  node: ChakraNode,
  rank: number,
  streams: Map<string, number>,
  write: ActivityGraphBuilder,
): number {
  const { attributes, type } = node;
  const where = attributes.get('is_cpu_op') === true ? 'host' : (QUEUES[type] ?? 'memory');
  const key = `${where} ${String(attributes.get('tid') ?? '')}`;
  let stream = streams.get(key);
  if (stream === undefined) {
    const width = attributes.get(STREAM_WIDTH);
    stream = write.stream(rank, typeof width === 'number' && width >= 1 ? width : 1);
    streams.set(key, stream);
  }
  return stream;
}
