import { type PartitionedGraph, recvOf, sendOf } from '../../graph/partition.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import type { Simulation } from '../../sim/simulation.ts';

/*
 * The reference for memory: from the recorded times alone, block by block. A value lives from the start of the op (or
 * transfer) that makes it on a device to the end of the last that reads it there; a Reshape makes none.
 */

/** Per device: the most bytes at once, and the bytes from each time on. */
export function naiveMemory(
  template: PartitionedGraph,
  deviceOf: Int32Array,
  { trace }: Simulation,
  steps: number,
): { peak: number; live: Map<number, number> }[] {
  const { graph } = template;
  const changes = template.devices.map(() => [] as { at: number; bytes: number }[]);
  for (let step = 0; step < steps; step++) {
    const start = new Map<number, number>();
    const end = new Map<number, number>();
    for (let row = 0; row < trace.length; row++) {
      if (trace.iteration[row] !== step) continue;
      start.set(trace.node[row]!, trace.start[row]!);
      end.set(trace.node[row]!, trace.end[row]!);
    }
    const transferTo = (tensor: number, device: number): number => {
      for (let t = 0; t < template.transferCount; t++) {
        if (template.transferTensor[t] === tensor && template.device[recvOf(template, t)] === device)
          return t;
      }
      throw new Error(`tensor ${tensor} does not come to device ${device}`);
    };
    const blocks = new Map<string, { device: number; bytes: number; from: number; until: number }>();
    const blockOf = (tensor: number, device: number) => {
      const producer = graph.producer[tensor]!;
      const bytes = byteCount(graph.spec[tensor]!);
      let key = `${tensor}`;
      let maker = producer;
      if (deviceOf[producer] !== device) {
        maker = sendOf(template, transferTo(tensor, device));
        key += ` at ${device}`;
      } else if (graph.op[producer] === 'Reshape') {
        return blockOf(graph.input[graph.inputStart[producer]!]!, device);
      }
      const from = start.get(maker)!;
      const block = blocks.get(key) ?? { device, bytes, from, until: end.get(maker)! };
      blocks.set(key, block);
      return block;
    };
    const read = (tensor: number, device: number, reader: number): void => {
      const block = blockOf(tensor, device);
      block.until = Math.max(block.until, end.get(reader)!);
    };
    for (let node = 0; node < graph.nodeCount; node++) {
      for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++)
        read(graph.input[e]!, deviceOf[node]!, node);
      for (let tensor = graph.outputStart[node]!; tensor < graph.outputStart[node + 1]!; tensor++)
        blockOf(tensor, deviceOf[node]!);
    }
    for (let t = 0; t < template.transferCount; t++) {
      const tensor = template.transferTensor[t]!;
      if (tensor >= 0) read(tensor, deviceOf[graph.producer[tensor]!]!, sendOf(template, t));
    }
    for (const { device, bytes, from, until } of blocks.values()) {
      changes[device]!.push({ at: from, bytes }, { at: until, bytes: -bytes });
    }
  }
  return changes.map((list) => {
    // At one instant, what goes makes room for what comes.
    list.sort((a, b) => a.at - b.at || a.bytes - b.bytes);
    let now = 0;
    let peak = 0;
    const live = new Map<number, number>();
    for (const { at, bytes } of list) {
      now += bytes;
      peak = Math.max(peak, now);
      live.set(at, now);
    }
    return { peak, live };
  });
}
