import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatFlops, formatPercent } from '../../base/units.ts';
import type { PlacedGraph } from '../../scenarios/results.ts';
import type { Figure, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { clip, shortName, visible } from '../names.ts';
import { deviceShares, drawnDevices } from './drawn-devices.ts';

/** The graph with its devices, collapsed to scopes. */
export function placedGraph(graph: PlacedGraph | null, id: string): Figure | undefined {
  if (graph === null || graph.scopes.length === 0) return undefined;
  const { devices, scopes } = graph;
  const nodes = scopes.reduce((sum, scope) => sum + scope.nodes, 0);
  return {
    id,
    title: finding(graph),
    note: `${visible(clip(graph.of, 200))}: ${formatInteger(nodes)} nodes in ${formatInteger(scopes.length)} scopes of their names, from top to bottom; gradients (∇) beside what they are of, from bottom to top. Boxes are as high as their arithmetic is much, arrows as thick as their tensors are large${devices.length > 1 ? ', dashed where these cross devices' : ''}.`,
    chart: { kind: 'placed-graph', graph },
    tables: [scopesTable(graph)],
    width: 'full',
    restsOn: 'nothing',
  };
}

/** How the graph is spread, and what crosses most. */
function finding({ devices, scopes, edges }: PlacedGraph): string {
  if (devices.length === 1) return `Graph: all of it is on ${shortName(devices[0]!, 60)}`;
  const whole = scopes.filter(({ nodesPerDevice }) => nodesPerDevice.filter((n) => n > 0).length === 1);
  const spread = `Graph: ${formatInteger(devices.length)} devices; ${formatPercent(whole.length / scopes.length)} of the scopes are not divided among them`;
  const most = edges.reduce((a, b) => (b.crossingBytes > a.crossingBytes ? b : a), edges[0]!);
  if (most === undefined || most.crossingBytes === 0) return `${spread}; nothing crosses between them`;
  const [from, to] = [most.from, most.to].map((scope) =>
    shortName(scopes[scope]!.name.replace('gradients/', '∇ '), 40),
  );
  const where = from === to ? `within ${from}` : `from ${from} to ${to}`;
  return `${spread}; most crosses ${where}, ${formatBytes(most.crossingBytes)} a step`;
}

function scopesTable(graph: PlacedGraph): Table {
  const { scopes, edges } = graph;
  const drawn = drawnDevices(graph);
  const sums = (of: (edge: PlacedGraph['edges'][number]) => number, end: 'from' | 'to'): number[] => {
    const sum = new Array<number>(scopes.length).fill(0);
    for (const edge of edges) sum[edge[end]]! += of(edge);
    return sum;
  };
  const column = (header: string, values: readonly number[], format: (value: number) => string) =>
    numbers(header, values.map(format), values);
  return {
    caption:
      'Scopes of the graph, what is in them and where; bytes of a tensor count once for each scope that reads it',
    sortable: true,
    columns: [
      text(
        'Scope',
        scopes.map(({ name }) => clip(visible(name), 80)),
        scopes.map(({ name }) => name),
      ),
      column(
        'Nodes',
        scopes.map(({ nodes }) => nodes),
        formatInteger,
      ),
      column(
        'Arithmetic',
        scopes.map(({ flops }) => flops),
        formatFlops,
      ),
      text(
        'Devices, by nodes',
        scopes.map((scope) => deviceShares(scope, drawn).words),
      ),
      column(
        'Read from other devices',
        sums(({ crossingBytes }) => crossingBytes, 'to'),
        formatBytes,
      ),
      column(
        'Sent to other devices',
        sums(({ crossingBytes }) => crossingBytes, 'from'),
        formatBytes,
      ),
      column(
        'To other scopes',
        sums(({ from, to, bytes }) => (from === to ? 0 : bytes), 'from'),
        formatBytes,
      ),
    ],
  };
}
