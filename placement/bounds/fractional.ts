/** Work that may be cut into fractions, for classes of equal devices. */
export interface DivisibleWork {
  /** Per job: seconds per class, Infinity where the class may not take it; never everywhere. */
  readonly rows: readonly ArrayLike<number>[];
  /** Devices per class. */
  readonly counts: readonly number[];
}

export interface FractionalSchedule {
  /** Least seconds until all classes are done. A valid lower bound even where rounding ended the method early. */
  readonly seconds: number;
  /** Per class: the dual values, not negative, with sum 1: `seconds` = Σ over jobs of min over c of shares[c] / counts[c] · row[c]. */
  readonly shares: readonly number[];
  /** `[job * classes + class]`: fraction of the job that the class does in such a schedule; 1 in sum per job. */
  readonly fractions: Float64Array;
}

const TOLERANCE = 1e-12;

/**
 * The least makespan of divisible work on unrelated machines, which no schedule of whole jobs beats (R | pmtn | Cmax
 * without its rule that a job runs in one place at a time; Lenstra, Shmoys & Tardos 1990, section 2, without rounding):
 *
 *     min T  with  Σ over jobs of x(job, c) · seconds(job, c) ≤ counts[c] · T,  Σ over c of x(job, c) = 1,  x ≥ 0
 *
 * By Dantzig–Wolfe decomposition: schedules are mixtures of assignments, loads of assignments are the columns of a
 * linear program of classes + 1 rows, and the assignment that enters its basis is each job on the class where it is
 * cheapest at the present duals. So a step costs one walk over the jobs, and any duals give a bound (the best is kept).
 */
export function fractionalMakespan({ rows, counts }: DivisibleWork): FractionalSchedule {
  const classes = counts.length;
  const devices = counts.reduce((a, b) => a + b, 0);
  let shares = counts.map((count) => count / devices);
  const first = cheapest(rows, counts, shares);
  let seconds = first.value;
  if (classes === 1) return { seconds, shares, fractions: new Float64Array(rows.length).fill(1) };

  const basis = startingBasis(first);
  for (let step = 0; step < 100 * classes; step++) {
    const duals = solve(transposed(columnsOf(basis)), [
      ...basis.map(({ kind }) => (kind === 'time' ? 1 : 0)),
    ]);
    if (duals === undefined) break;
    const prices = duals.slice(0, classes).map((y) => -y);
    const mostNegative = prices.indexOf(Math.min(...prices));
    let entering: Column;
    if (prices[mostNegative]! < -TOLERANCE) {
      entering = slackColumn(classes, mostNegative);
    } else {
      const sum = prices.reduce((a, s) => a + Math.max(0, s), 0);
      const valid = prices.map((s) => Math.max(0, s) / sum);
      const answer = cheapest(rows, counts, valid);
      if (answer.value > seconds) {
        seconds = answer.value;
        shares = valid;
      }
      if (answer.value >= duals[classes]! * (1 - TOLERANCE)) break;
      entering = answer;
    }
    if (!exchange(basis, entering)) break;
  }
  return { seconds, shares, fractions: mixture(basis, rows.length, classes) };
}

/** A column of the program: the makespan, a class's spare time, or an assignment with its class per job. */
interface Column {
  readonly kind: 'time' | 'slack' | 'assignment';
  readonly entries: readonly number[];
  readonly classOf?: Int32Array;
}

type PricedAssignment = Column & { readonly value: number };

/** Each job on the class where it is cheapest: share / count · seconds. Ties: lowest class. */
function cheapest(
  rows: readonly ArrayLike<number>[],
  counts: readonly number[],
  shares: readonly number[],
): PricedAssignment {
  const classes = counts.length;
  const loads = new Array<number>(classes).fill(0);
  const classOf = new Int32Array(rows.length);
  let value = 0;
  for (const [job, row] of rows.entries()) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      if (row[c] === Number.POSITIVE_INFINITY) continue;
      const weighted = (shares[c]! / counts[c]!) * row[c]!;
      if (weighted < least) {
        least = weighted;
        best = c;
      }
    }
    value += least;
    classOf[job] = best;
    loads[best]! += row[best]! / counts[best]!;
  }
  return { kind: 'assignment', entries: [...loads, 1], classOf, value };
}

function slackColumn(classes: number, c: number): Column {
  return { kind: 'slack', entries: Array.from({ length: classes + 1 }, (_, row) => (row === c ? 1 : 0)) };
}

/** One assignment, the makespan that it takes, and the spare time of all classes but the busiest. */
function startingBasis(assignment: Column): Column[] {
  const classes = assignment.entries.length - 1;
  const loads = assignment.entries.slice(0, classes);
  const busiest = loads.indexOf(Math.max(...loads));
  const basis: Column[] = [
    { kind: 'time', entries: [...new Array<number>(classes).fill(-1), 0] },
    assignment,
  ];
  for (let c = 0; c < classes; c++) if (c !== busiest) basis.push(slackColumn(classes, c));
  return basis;
}

/** Puts the column into the basis by the rule of least ratio; false where that is no longer possible. */
function exchange(basis: Column[], entering: Column): boolean {
  const matrix = columnsOf(basis);
  const size = basis.length;
  const values = solve(
    matrix,
    Array.from({ length: size }, (_, row) => (row === size - 1 ? 1 : 0)),
  );
  const direction = solve(matrix, entering.entries);
  if (values === undefined || direction === undefined) return false;
  let leaving = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    if (direction[i]! <= TOLERANCE || basis[i]!.kind === 'time') continue;
    const ratio = Math.max(0, values[i]!) / direction[i]!;
    if (ratio < least) {
      least = ratio;
      leaving = i;
    }
  }
  if (leaving < 0) return false;
  basis[leaving] = entering;
  return true;
}

function mixture(basis: readonly Column[], jobs: number, classes: number): Float64Array {
  const size = basis.length;
  const weights = solve(
    columnsOf(basis),
    Array.from({ length: size }, (_, row) => (row === size - 1 ? 1 : 0)),
  );
  const fractions = new Float64Array(jobs * classes);
  for (const [i, { classOf }] of basis.entries()) {
    const weight = weights === undefined ? 0 : Math.max(0, weights[i]!);
    for (let job = 0; classOf !== undefined && job < jobs; job++) {
      fractions[job * classes + classOf[job]!]! += weight;
    }
  }
  return fractions;
}

/** `[row][column]` of the basis. */
function columnsOf(basis: readonly Column[]): number[][] {
  return basis.map((_, row) => basis.map(({ entries }) => entries[row]!));
}

function transposed(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((_, column) => matrix.map((row) => row[column]!));
}

/** Solution of a small dense system by elimination with row pivots; undefined where it is singular. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    }
    if (rows[pivot]![k] === 0) return undefined;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      if (factor === 0) continue;
      for (let j = k; j <= size; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const out = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let sum = rows[i]![size]!;
    for (let j = i + 1; j < size; j++) sum -= rows[i]![j]! * out[j]!;
    out[i] = sum / rows[i]![i]!;
  }
  return out.every(Number.isFinite) ? out : undefined;
}
