import { UserError } from '../../../base/errors.ts';
import { Action, type ActivityGraph } from '../../activity-graph.ts';
import { ChakraFile } from './encode.ts';
import { homes } from './homes.ts';
import { DELAY, EXACT_BYTES, EXACT_SECONDS, ORDER_ONLY, STREAM_WIDTH } from './marks.ts';
import { NodeType } from './schema.ts';

/**
 * An activity graph as Chakra execution traces, one file per device, the d-th being device d's: what other simulators
 * read as `prefix.d.et`.
 *
 * Work becomes compute nodes and transfers pairs of sends and receives. What orders activities of two devices without
 * moving anything becomes a message of 0 bytes: other simulators charge it a latency, and see durations in whole
 * microseconds, as the format has them; `readChakra` and `chakraGraph` give the graph back as it was.
 *
 * @throws UserError where the graph has what only a whole plan can interpret: variables and queues.
 */
export function chakraFiles(graph: ActivityGraph): Uint8Array[] {
  const { count, action, subject, amount, pairs, streamDevice, streamWidth } = graph;
  const home = homes(graph);
  const last = [home, pairs.to, streamDevice].flatMap((devices) => [...devices]);
  const files = Array.from({ length: last.reduce((a, b) => Math.max(a, b), 0) + 1 }, () => new ChakraFile());
  const isMessage = (i: number): boolean =>
    action[i] === Action.transfer && pairs.from[subject[i]!] !== pairs.to[subject[i]!];
  const waits = writeOrder(graph, home, isMessage, files);

  for (let i = 0; i < count; i++) {
    const name = graph.nameOf(i);
    const file = files[home[i]!]!;
    const seconds = amount[i]!;
    if (action[i] === Action.compute) {
      const width = streamWidth[subject[i]!]!;
      const attributes = {
        is_cpu_op: false,
        tid: subject[i]!,
        [EXACT_SECONDS]: seconds,
        ...(width !== 1 && { [STREAM_WIDTH]: width }),
      };
      file.node(nodeId(i), NodeType.compute, name, waits[i]!, attributes, Math.round(seconds * 1e6));
    } else if (action[i] === Action.delay) {
      const attributes = { is_cpu_op: true, [EXACT_SECONDS]: seconds, [DELAY]: true };
      file.node(nodeId(i), NodeType.compute, name, waits[i]!, attributes, Math.round(seconds * 1e6));
    } else if (isMessage(i)) {
      const from = pairs.from[subject[i]!]!;
      const to = pairs.to[subject[i]!]!;
      const attributes = messageAttributes(from, to, i, amount[i]!);
      file.node(nodeId(i), NodeType.send, name, waits[i]!, attributes);
      files[to]!.node(receiveId(i), NodeType.receive, name, [], attributes);
    } else if (action[i]! <= Action.delay) {
      file.node(nodeId(i), NodeType.metadata, name, waits[i]!, {});
    } else {
      throw new UserError(`${name}: variables and queues have no place in a Chakra trace`);
    }
  }
  return files.map((file) => file.finish());
}

/** Ids are unique over all files. */
const nodeId = (activity: number): number => 2 * activity;
const receiveId = (activity: number): number => 2 * activity + 1;

/** Writes the messages that only order; returns, per activity, the ids in its file that it waits for. */
function writeOrder(
  { count, successor, successorStart, subject, pairs, nameOf }: ActivityGraph,
  home: Int32Array,
  isMessage: (activity: number) => boolean,
  files: readonly ChakraFile[],
): number[][] {
  const waits: number[][] = Array.from({ length: count }, () => []);
  let tag = count;
  for (let before = 0; before < count; before++) {
    const message = isMessage(before);
    const doneAt = message ? pairs.to[subject[before]!]! : home[before]!;
    const done = message ? receiveId(before) : nodeId(before);
    /** By device: the id there that says that `before` is done. */
    const known = new Map([[doneAt, done]]);
    if (message) known.set(home[before]!, nodeId(before));
    for (let e = successorStart[before]!; e < successorStart[before + 1]!; e++) {
      const behind = successor[e]!;
      const device = home[behind]!;
      let id = known.get(device);
      if (id === undefined) {
        const attributes = { ...messageAttributes(doneAt, device, tag, 0), [ORDER_ONLY]: true };
        const name = `${nameOf(before)} is done`;
        files[doneAt]!.node(nodeId(tag), NodeType.send, name, [done], attributes);
        id = receiveId(tag);
        files[device]!.node(id, NodeType.receive, name, [], attributes);
        known.set(device, id);
        tag++;
      }
      waits[behind]!.push(id);
    }
  }
  return waits;
}

function messageAttributes(from: number, to: number, tag: number, bytes: number) {
  return {
    is_cpu_op: false,
    comm_src: from,
    comm_dst: to,
    comm_tag: tag,
    comm_size: Math.ceil(bytes),
    ...(!Number.isInteger(bytes) && { [EXACT_BYTES]: bytes }),
  };
}
