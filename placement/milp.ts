import { UserError } from '../base/errors.ts';
import { pathBounds } from './bounds/paths.ts';
import { interchangeableDevices } from './exact/symmetry.ts';
import { exactSchedule, prioritiesOf } from './exact.ts';
import { LinearModel, type Term } from './linear-model.ts';
import { OrderedTimer } from './ordered-timer.ts';
import type { Placement } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

/** The model of a problem, in the text format of CPLEX. */
export interface ScheduleMilp {
  readonly text: string;
  /** Seconds of one unit of time in the model: solvers' tolerances are absolute, so the horizon is a thousand units. */
  readonly unit: number;
}

/**
 * The shortest schedule in OrderedTimer's model as a mixed integer linear program, an oracle beside `exactSchedule` that
 * shares no search with it:
 *
 *     min T
 *     x(g, d) ∈ {0, 1}, Σ_d x(g, d) = 1       the device of colocation group g
 *     s(v) ≥ 0                                start of task v, which runs for p(v, d) on device d
 *     o(u, v) ∈ {0, 1}                        u before v, where neither waits for the other, should they share a device
 *
 *     T    ≥ s(v) + Σ_d (p(v, d) + tail(v, d)) x(v, d),   s(v) ≥ Σ_d head(v, d) x(v, d)
 *     s(v) ≥ s(u) + Σ_d p(u, d) x(u, d) + Σ_q c(d, q) x(v, q) − max_q c(d, q) · (1 − x(u, d))    per device d, edge (u, v)
 *     s(v) ≥ s(u) + p(u, d) − M (3 − o(u, v) − x(u, d) − x(v, d)), and the other way round       per device d
 *
 * With equal costs c between all devices, the third is c · (x(u, d) − x(v, d)): the usual y(u, v) ≥ x(u, d) − x(v, d),
 * without y. M is the horizon (the best of simple schedules) less what must come before and after; loads, memory of
 * variables and an order among interchangeable devices are added. Activations are not in the model.
 */
export function scheduleMilp(problem: PlacementProblem): ScheduleMilp {
  const horizon = horizonSeconds(problem);
  const unit = horizon > 0 ? horizon / 1000 : 1;
  const model = new LinearModel(unit);
  const { taskCount, deviceCount, group, groupCount, feasible } = problem;
  const { head, tail } = pathBounds(problem);
  const at = (task: number, d: number): number => task * deviceCount + d;
  const devicesOf = (task: number): readonly number[] => feasible[group[task]!]!;
  const x = (task: number, d: number): string => `x${group[task]}_${d}`;
  const least = (task: number, values: Float64Array): number =>
    Math.min(...devicesOf(task).map((d) => values[at(task, d)]!));
  const running = (task: number, sign: number): Term[] =>
    devicesOf(task).map((d) => [sign * problem.seconds[at(task, d)]!, x(task, d)]);

  for (let g = 0; g < groupCount; g++) {
    for (const d of feasible[g]!) model.binary(`x${g}_${d}`);
    model.count(
      feasible[g]!.map((d) => [1, `x${g}_${d}`]),
      '=',
      1,
    );
  }
  for (let v = 0; v < taskCount; v++) {
    const after = devicesOf(v).map((d): Term => [-(problem.seconds[at(v, d)]! + tail[at(v, d)]!), x(v, d)]);
    model.atLeast([[unit, 'T'], [-unit, `s${v}`], ...after], 0);
    model.atLeast([[unit, `s${v}`], ...devicesOf(v).map((d): Term => [-head[at(v, d)]!, x(v, d)])], 0);
  }
  for (const [u, v, tensor] of edgesOf(problem)) {
    const next: Term[] = [[unit, `s${v}`], [-unit, `s${u}`], ...running(u, -1)];
    model.atLeast(next, 0);
    if (group[u] === group[v]) continue;
    for (const d of devicesOf(u)) {
      const costs = devicesOf(v).map((q) => crossing(problem, tensor, d, q));
      const most = Math.max(...costs);
      if (most === 0) continue;
      const arrival = devicesOf(v).map((q, i): Term => [-costs[i]!, x(v, q)]);
      model.atLeast([...next, ...arrival, [-most, x(u, d)]], -most);
    }
  }
  const related = reachability(problem);
  for (let u = 0; u < taskCount; u++) {
    for (let v = u + 1; v < taskCount; v++) {
      const shared = devicesOf(u).filter((d) => devicesOf(v).includes(d));
      if (related[u * taskCount + v] === 1 || shared.length === 0) continue;
      const first = `o${u}_${v}`;
      model.binary(first);
      for (const d of shared) {
        const beforeOther = (a: number, b: number, order: Term, constant: number): void => {
          // The most by which a's end on d can lie behind b's start.
          const longer = problem.seconds[at(a, d)]! - least(a, problem.seconds);
          const slack = Math.max(0, horizon * (1 + 1e-6) - least(a, tail) + longer - least(b, head));
          const together: Term[] =
            group[a] === group[b]
              ? []
              : [
                  [-slack, x(a, d)],
                  [-slack, x(b, d)],
                ];
          const terms: Term[] = [
            [unit, `s${b}`],
            [-unit, `s${a}`],
            [order[0] * slack, order[1]],
            ...together,
          ];
          if (group[a] === group[b]) model.atLeast([...terms, ...running(a, -1)], constant * slack);
          else model.atLeast(terms, problem.seconds[at(a, d)]! + (constant - 2) * slack);
        };
        // u before v unless o = 0; v before u unless o = 1.
        beforeOther(u, v, [-1, first], -1);
        beforeOther(v, u, [1, first], 0);
        if (group[u] === group[v]) break;
      }
    }
  }
  addLoads(model, problem, unit);
  addDeviceOrder(model, problem);
  return { text: model.text(horizon / unit), unit };
}

export interface MilpSchedule {
  readonly placement: Placement;
  /** For OrderedTimer, which gives `seconds` with it. */
  readonly priority: Float64Array;
  readonly seconds: number;
  /** The solver's own value, in seconds: within its tolerances. */
  readonly objective: number;
  readonly proven: boolean;
}

/**
 * Solves the model with HiGHS (WebAssembly), an optional dependency.
 *
 * @throws UserError where `highs` is not installed, or finds no schedule within `timeLimit` seconds.
 */
export async function solveMilp(
  problem: PlacementProblem,
  options: { readonly timeLimit?: number } = {},
): Promise<MilpSchedule> {
  const { taskCount, group, feasible } = problem;
  const highs = await loadHighs();
  const { text, unit } = scheduleMilp(problem);
  const solution = highs.solve(text, {
    output_flag: false,
    mip_rel_gap: 1e-9,
    time_limit: options.timeLimit ?? Number.POSITIVE_INFINITY,
  });
  const value = (name: string): number => solution.Columns[name]?.Primal ?? Number.NaN;
  if (Number.isNaN(value('T'))) throw new UserError(`highs: no schedule found: ${solution.Status}`);
  const placement = group.map((g) =>
    feasible[g]!.reduce((a, b) => (value(`x${g}_${b}`) > value(`x${g}_${a}`) ? b : a)),
  );
  const order = Int32Array.from({ length: taskCount }, (_, v) => v).sort(
    (a, b) => value(`s${a}`) - value(`s${b}`) || a - b,
  );
  const priority = prioritiesOf(order);
  return {
    placement,
    priority,
    seconds: new OrderedTimer(problem).seconds(placement, priority),
    objective: solution.ObjectiveValue * unit,
    proven: solution.Status === 'Optimal',
  };
}

/** What is used of HiGHS. */
interface Solver {
  solve(
    text: string,
    options: { readonly output_flag: boolean; readonly mip_rel_gap: number; readonly time_limit: number },
  ): {
    readonly Status: string;
    readonly ObjectiveValue: number;
    readonly Columns: { readonly [name: string]: { readonly Primal?: number } };
  };
}

/** Loading takes longer than solving; no call leaves anything behind in it. */
let loaded: Promise<Solver> | undefined;

function loadHighs(): Promise<Solver> {
  loaded ??= importHighs();
  return loaded;
}

async function importHighs(): Promise<Solver> {
  try {
    // Its types are those of its CommonJS build.
    const { default: load } = (await import('highs')) as unknown as {
      readonly default: () => Promise<Solver>;
    };
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError('the solver "highs" is not installed; npm install highs');
  }
}

/** Some schedule's length: of HEFT or a single device, or where these do not fit, of all tasks one after another. */
function horizonSeconds(problem: PlacementProblem): number {
  const { deviceCount, seconds, bytes, feasible, group } = problem;
  const simple = exactSchedule(problem, { nodes: 0 });
  if (simple.fits) return simple.seconds;
  const devices = Array.from({ length: deviceCount }, (_, d) => d);
  let serial = 0;
  for (const [task, g] of group.entries()) {
    serial += Math.max(...feasible[g]!.map((d) => seconds[task * deviceCount + d]!));
  }
  for (const tensor of bytes.keys()) {
    serial += Math.max(...devices.flatMap((d) => devices.map((q) => crossing(problem, tensor, d, q))));
  }
  return serial;
}

function crossing(problem: PlacementProblem, tensor: number, from: number, to: number): number {
  const pair = from * problem.deviceCount + to;
  if (from === to) return 0;
  return problem.latencySeconds[pair]! + problem.bytes[tensor]! * problem.secondsPerByte[pair]!;
}

/** (producer, reader, tensor), once each. */
function edgesOf({
  tensorCount,
  producer,
  readerStart,
  reader,
}: PlacementProblem): [number, number, number][] {
  const edges: [number, number, number][] = [];
  for (let t = 0; t < tensorCount; t++) {
    for (const v of new Set(reader.subarray(readerStart[t]!, readerStart[t + 1]!)))
      edges.push([producer[t]!, v, t]);
  }
  return edges;
}

/** `[u * taskCount + v]`: 1 where v waits for u, however indirectly. */
function reachability(problem: PlacementProblem): Uint8Array {
  const { taskCount: n } = problem;
  const reaches = new Uint8Array(n * n);
  for (const [u, v] of edgesOf(problem).sort((a, b) => b[0] - a[0])) {
    reaches[u * n + v] = 1;
    for (let w = v + 1; w < n; w++) if (reaches[v * n + w] === 1) reaches[u * n + w] = 1;
  }
  return reaches;
}

/** No device works longer than T, none holds more variables than it has room for. */
function addLoads(model: LinearModel, problem: PlacementProblem, unit: number): void {
  const { taskCount, deviceCount, groupCount, group, feasible, seconds, residentBytes, capacityBytes } =
    problem;
  for (let d = 0; d < deviceCount; d++) {
    const work = new Float64Array(groupCount);
    const resident = new Float64Array(groupCount);
    for (let task = 0; task < taskCount; task++) {
      work[group[task]!]! += seconds[task * deviceCount + d]!;
      resident[group[task]!]! += residentBytes[task]!;
    }
    const here = [...feasible.keys()].filter((g) => feasible[g]!.includes(d));
    model.atLeast([[unit, 'T'], ...here.map((g): Term => [-work[g]!, `x${g}_${d}`])], 0);
    const room = capacityBytes[d]!;
    const terms = here.flatMap((g): Term[] =>
      resident[g]! > 0 ? [[resident[g]! / room, `x${g}_${d}`]] : [],
    );
    if (Number.isFinite(room) && terms.length > 0) model.count(terms, '<=', 1);
  }
}

/** A group may use a device only where a group before it uses the one before it, of those that may be swapped. */
function addDeviceOrder(model: LinearModel, problem: PlacementProblem): void {
  const like = interchangeableDevices(problem);
  for (let d = 0; d < problem.deviceCount; d++) {
    const before = like.lastIndexOf(like[d]!, d - 1);
    if (d === 0 || before < 0) continue;
    const earlier: Term[] = [];
    for (const [g, devices] of problem.feasible.entries()) {
      if (!devices.includes(d)) continue;
      model.count([[1, `x${g}_${d}`], ...earlier], '<=', 0);
      earlier.push([-1, `x${g}_${before}`]);
    }
  }
}
