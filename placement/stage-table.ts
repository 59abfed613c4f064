import { groupBytes } from './coplaced.ts';
import { groupWork } from './greedy.ts';
import type { PlacementProblem } from './problem.ts';

/** More counts of devices than this are not told apart: devices are then taken in the order given. */
const MOST_STATES = 4096;

/** A device per group of `order`, and the largest load. */
export interface Stages {
  readonly load: number;
  readonly deviceOf: Int32Array;
}

/**
 * The split of an order of groups into one run per device whose largest load is least:
 *
 *     T[devices used][end] = min over begin of max(T[devices used but one][begin], load(begin … end))
 *
 * The load of a run is its work and, not overlapped, one transfer for each tensor that it takes in or gives out, at the
 * device's mean latency and bandwidth to others. A run that fills more than `memoryShare` of the memory (by `groupBytes`)
 * costs more than any that fits, the more the less it fits. Devices may stay empty. Classes of devices are told apart, not
 * devices, so every order of unlike devices is tried. Time O(n² · states · classes + n · edges).
 *
 * @param order groups; each may run on all of `devices`
 */
export function bestStages(
  problem: PlacementProblem,
  order: Int32Array,
  devices: readonly number[],
  memoryShare: number,
): Stages {
  const n = order.length;
  const { classes, states } = machine(problem, devices);
  const C = classes.length;
  const S = states.length;
  const nets = netsAlong(problem, order);
  const work = groupWork(problem);
  const bytes = groupBytes(problem);
  const seconds = classes.map(([d]) => Float64Array.from(order, (g) => work[g * problem.deviceCount + d!]!));
  const capacity = classes.map(([d]) => problem.capacityBytes[d!]! * memoryShare);
  const crossing = classes.map(([d]) => netSeconds(problem, nets, d!));
  const worst = seconds.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
  const penalty = 1 + worst + crossing.reduce((sum, row) => sum + 2 * row.reduce((a, b) => a + b, 0), 0);

  const table = new Float64Array((n + 1) * S).fill(Number.POSITIVE_INFINITY);
  table.fill(0, 0, S);
  const begins = new Int32Array((n + 1) * S).fill(-1);
  const ways = new Int32Array((n + 1) * S);
  const inside = new Int32Array(nets.size.length);
  const busy = new Float64Array(C);
  const transfer = new Float64Array(C);
  const load = new Float64Array(C);
  for (let end = 1; end <= n; end++) {
    inside.fill(0);
    busy.fill(0);
    transfer.fill(0);
    let held = 0;
    for (let begin = end - 1; begin >= 0; begin--) {
      for (let i = nets.start[begin]!; i < nets.start[begin + 1]!; i++) {
        const net = nets.of[i]!;
        const count = ++inside[net]!;
        if (count !== 1 && count !== nets.size[net]) continue;
        const sign = count === 1 ? 1 : -1;
        for (let c = 0; c < C; c++) transfer[c]! += sign * crossing[c]![net]!;
      }
      held += bytes[order[begin]!]!;
      for (let c = 0; c < C; c++) {
        busy[c]! += seconds[c]![begin]!;
        const over = held - capacity[c]!;
        load[c] = busy[c]! + transfer[c]! + (over > 0 ? penalty * (1 + over / Math.max(1, capacity[c]!)) : 0);
      }
      for (let s = 0; s < S; s++) {
        const at = end * S + s;
        for (let w = 0; w < states[s]!.length; w++) {
          const { from, runs } = states[s]![w]!;
          const before = table[begin * S + from]!;
          const largest = before > load[runs]! ? before : load[runs]!;
          if (largest >= table[at]!) continue;
          table[at] = largest;
          begins[at] = begin;
          ways[at] = w;
        }
      }
    }
    for (let s = 0; s < S; s++) skip(states, end, s, table, begins, ways);
  }

  const deviceOf = new Int32Array(n);
  const used = classes.map(() => 0);
  let state = S - 1;
  const runs: { begin: number; end: number; of: number }[] = [];
  for (let end = n; end > 0; ) {
    const at = end * S + state;
    const way = states[state]![ways[at]!]!;
    if (begins[at]! < end) runs.push({ begin: begins[at]!, end, of: way.runs });
    state = way.from;
    end = begins[at]!;
  }
  // From the first run on, so that neighbours in the order are neighbours among the devices.
  for (const { begin, end, of } of runs.reverse()) deviceOf.fill(classes[of]![used[of]!++]!, begin, end);
  return { load: table[n * S + S - 1]!, deviceOf };
}

/** One device more than in state `from`, of class `runs`. */
interface Way {
  readonly from: number;
  readonly runs: number;
}

/** What has been used, from nothing to everything, as ways to get there. */
function machine(
  { deviceClass, latencySeconds, secondsPerByte, deviceCount }: PlacementProblem,
  devices: readonly number[],
): { classes: readonly (readonly number[])[]; states: readonly (readonly Way[])[] } {
  const byClass = new Map<string, number[]>();
  for (const d of devices) {
    const [latency, perByte] = [latencySeconds, secondsPerByte].map((pairs) => meanOf(pairs, d, deviceCount));
    const key = `${deviceClass[d]} ${latency!.toPrecision(6)} ${perByte!.toPrecision(6)}`;
    const alike = byClass.get(key);
    if (alike === undefined) byClass.set(key, [d]);
    else alike.push(d);
  }
  const classes = [...byClass.values()];
  const strides: number[] = [];
  let count = 1;
  for (const members of classes) {
    strides.push(count);
    count *= members.length + 1;
  }
  if (count > MOST_STATES) {
    const states = [[], ...devices.map((_, i) => [{ from: i, runs: i }])];
    return { classes: devices.map((d) => [d]), states };
  }
  const states = Array.from({ length: count }, (_, state) =>
    classes.flatMap((members, c): Way[] => {
      const used = Math.floor(state / strides[c]!) % (members.length + 1);
      return used > 0 ? [{ from: state - strides[c]!, runs: c }] : [];
    }),
  );
  return { classes, states };
}

/** Where the state's last device adds nothing, it stays empty. */
function skip(
  states: readonly (readonly Way[])[],
  end: number,
  s: number,
  table: Float64Array,
  begins: Int32Array,
  ways: Int32Array,
): void {
  const S = states.length;
  for (const [w, { from }] of states[s]!.entries()) {
    if (table[end * S + from]! >= table[end * S + s]!) continue;
    table[end * S + s] = table[end * S + from]!;
    begins[end * S + s] = end;
    ways[end * S + s] = w;
  }
}

/** Mean over what a device sends to others and gets from them. */
function meanOf(pairs: Float64Array, d: number, deviceCount: number): number {
  if (deviceCount === 1) return 0;
  let sum = 0;
  for (let other = 0; other < deviceCount; other++) {
    sum += pairs[d * deviceCount + other]! + pairs[other * deviceCount + d]!;
  }
  return sum / (2 * (deviceCount - 1));
}

/** Tensors between groups. A run pays for a net of which it has some members but not all. */
interface Nets {
  /** CSR: the nets of each place in the order. */
  readonly start: Int32Array;
  readonly of: Int32Array;
  /** Groups per net, those outside the order included. */
  readonly size: Int32Array;
  readonly bytes: Float64Array;
  /** Tensors per net. */
  readonly tensors: Int32Array;
}

function netsAlong(problem: PlacementProblem, order: Int32Array): Nets {
  const { tensorCount, producer, readerStart, reader, group, groupCount, bytes } = problem;
  const placeOf = new Int32Array(groupCount).fill(-1);
  for (const [i, g] of order.entries()) placeOf[g] = i;
  const known = new Map<string, { groups: number[]; bytes: number; tensors: number }>();
  for (let t = 0; t < tensorCount; t++) {
    const groups = new Set([group[producer[t]!]!]);
    for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) groups.add(group[reader[r]!]!);
    if (groups.size < 2) continue;
    const ascending = [...groups].sort((a, b) => a - b);
    const key = ascending.join();
    const net = known.get(key) ?? { groups: ascending, bytes: 0, tensors: 0 };
    known.set(key, net);
    net.bytes += bytes[t]!;
    net.tensors++;
  }
  const nets = [...known.values()];
  const netsOf: number[][] = Array.from(order, () => []);
  for (const [i, { groups }] of nets.entries()) {
    for (const g of groups) if (placeOf[g]! >= 0) netsOf[placeOf[g]!]!.push(i);
  }
  const start = new Int32Array(order.length + 1);
  for (const [i, list] of netsOf.entries()) start[i + 1] = start[i]! + list.length;
  return {
    start,
    of: Int32Array.from(netsOf.flat()),
    size: Int32Array.from(nets, ({ groups }) => groups.length),
    bytes: Float64Array.from(nets, (net) => net.bytes),
    tensors: Int32Array.from(nets, (net) => net.tensors),
  };
}

function netSeconds(
  { deviceCount, latencySeconds, secondsPerByte }: PlacementProblem,
  nets: Nets,
  d: number,
): Float64Array {
  const latency = meanOf(latencySeconds, d, deviceCount);
  const perByte = meanOf(secondsPerByte, d, deviceCount);
  return nets.bytes.map((bytes, i) => nets.tensors[i]! * latency + bytes * perByte);
}
