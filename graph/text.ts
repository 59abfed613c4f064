import type { Graph } from './graph.ts';
import type { Attrs } from './op.ts';
import {
  isSend,
  type PartitionedGraph,
  partitionedAttrs,
  partitionedOp,
  transferOf,
  transferSpec,
} from './partition.ts';
import { formatSpec } from './tensor-spec.ts';

/**
 * Deterministic, diffable text: one line per node,
 * `name = Op(input:0, …, ^control) {attr: value} -> spec, … @device`.
 */
export function graphText(graph: Graph): string {
  const lines: string[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    const hint = graph.deviceHint[node]!;
    lines.push(`${nodeText(graph, node, graph.attrs[node]!)}${hint === '' ? '' : ` @${hint}`}`);
  }
  return `${lines.join('\n')}\n`;
}

/** As graphText, one block per device, with the Sends and Recvs. */
export function partitionedText(p: PartitionedGraph): string {
  const blocks: string[] = [];
  for (const [index, device] of p.devices.entries()) {
    const lines: string[] = [];
    for (let node = 0; node < p.nodeCount; node++) {
      if (p.device[node] !== index) continue;
      const transfer = transferOf(p, node);
      if (transfer < 0) lines.push(`  ${nodeText(p.graph, node, p.graph.attrs[node]!)}`);
      else {
        const what = isSend(p, node) ? '' : ` -> ${formatSpec(transferSpec(p, transfer))}`;
        lines.push(`  ${partitionedOp(p, node)} ${String(partitionedAttrs(p, node).key)}${what}`);
      }
    }
    if (lines.length > 0) blocks.push(`${device}\n${lines.join('\n')}\n`);
  }
  return blocks.join('\n');
}

function nodeText(graph: Graph, node: number, attrs: Attrs): string {
  const inputs: string[] = [];
  for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
    const tensor = graph.input[e]!;
    const from = graph.producer[tensor]!;
    inputs.push(`${graph.name[from]}:${tensor - graph.outputStart[from]!}`);
  }
  for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
    inputs.push(`^${graph.name[graph.control[e]!]}`);
  }
  const outputs = graph.spec.slice(graph.outputStart[node]!, graph.outputStart[node + 1]!).map(formatSpec);
  const attributes = Object.entries(attrs)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${attrText(value)}`);
  return [
    `${graph.name[node]} = ${graph.op[node]}(${inputs.join(', ')})`,
    attributes.length > 0 ? ` {${attributes.join(', ')}}` : '',
    outputs.length > 0 ? ` -> ${outputs.join(', ')}` : '',
  ].join('');
}

/** Long lists are cut: the text is for people; what was cut is counted. */
function attrText(value: unknown): string {
  if (Array.isArray(value) && value.length > 16) {
    return `[${value.slice(0, 4).join(', ')}, … ${value.length - 4} more]`;
  }
  return JSON.stringify(value);
}
