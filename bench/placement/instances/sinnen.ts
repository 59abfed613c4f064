import { type GivenEdge, type Instance, instanceOf } from './instance.ts';

/** A graph with communication costs and a schedule of least length, found by A* (O. Sinnen's group, Auckland). */
export interface RecordedInstance extends Instance {
  readonly optimum: number;
  readonly schedule: NonNullable<Instance['schedule']>;
  /** Ratio of communication to computation that the graph was made for: 0.1, 1, 2 or 10; 0 without edges. */
  readonly ratio: number;
}

/**
 * GXL: attributes of the graph (processors, schedule length), then nodes with weight, start and processor, then edges
 * with weight; all integers, on few lines. A regular expression reads what this set holds of XML. Processors may be
 * numbered beyond their count: they become 0, 1, … in the order of first use.
 */
export function readGxl(file: string, text: string): RecordedInstance {
  const [head, ...elements] = text.split(/(?=<(?:node|edge)\b)/);
  const processors = integer(head!, 'Number of processors');
  const optimum = integer(head!, 'Total schedule length');
  const nodes: { weight: number; start: number; processor: number }[] = [];
  const indexOf = new Map<string, number>();
  const deviceOf = new Map<number, number>();
  const edges: GivenEdge[] = [];
  for (const element of elements) {
    const id = /^<node id="([^"]+)"/.exec(element)?.[1];
    if (id !== undefined) {
      const processor = integer(element, 'Processor');
      if (!deviceOf.has(processor)) deviceOf.set(processor, deviceOf.size);
      const start = integer(element, 'Start time');
      indexOf.set(id, nodes.push({ weight: integer(element, 'Weight'), start, processor }) - 1);
    } else {
      const ends = /^<edge from="([^"]+)" to="([^"]+)"/.exec(element);
      if (ends === null) throw new Error(`${file}: an edge without ends`);
      const [from, to] = [indexOf.get(ends[1]!), indexOf.get(ends[2]!)];
      if (from === undefined || to === undefined) throw new Error(`${file}: an edge to an unknown node`);
      edges.push({ from, to, cost: integer(element, 'Weight') });
    }
  }
  if (deviceOf.size > processors)
    throw new Error(`${file}: ${deviceOf.size} processors are used, of ${processors}`);
  const instance = instanceOf(
    file.replace(/\.gxl$/, ''),
    nodes.map(({ weight }) => weight),
    edges,
    processors,
  );
  const placement = new Int32Array(nodes.length);
  const start = new Float64Array(nodes.length);
  for (const [i, node] of nodes.entries()) {
    placement[instance.position[i]!] = deviceOf.get(node.processor)!;
    start[instance.position[i]!] = node.start;
  }
  return {
    ...instance,
    optimum,
    schedule: { placement, start, seconds: optimum },
    ratio: nominalRatio(Number(/_CCR_([\d.]+)_/.exec(file)?.[1] ?? 0)),
  };
}

function integer(element: string, attribute: string): number {
  const value = new RegExp(`<attr name="${attribute}">\\s*<int>(\\d+)</int>`).exec(element)?.[1];
  if (value === undefined) throw new Error(`no attribute "${attribute}" in ${element.slice(0, 60)}`);
  return Number(value);
}

/** File names have the ratio that came out (0.93 … 1.09 for 1). */
function nominalRatio(ratio: number): number {
  return [0, 0.1, 1, 2, 10].reduce((a, b) => (Math.abs(b - ratio) < Math.abs(a - ratio) ? b : a));
}
