// Hot file: called for every node of a graph that is compiled for a device with a profile.
import { getOrMake } from '../base/get-or-make.ts';
import { nonNegativeLeastSquares } from '../base/least-squares.ts';
import { quantile } from '../base/statistics.ts';
import type { KernelCall, Work } from '../base/work.ts';
import type { Profile, ProfiledKernel } from './profile.ts';

/*
 * Seconds of a kernel by a measured profile. Per op (and type) a formula is fitted to all of its measurements,
 *
 *     seconds = a + b · flops + c · bytes,   a, b, c ≥ 0, by least squares of relative errors
 *
 * and what nearby measurements differ from it by, as a factor, corrects it: the mean of the logarithms of the NEAREST
 * measurements' factors, weighted by 1 / (ALIKE² + distance²)² (Shepard, "A two-dimensional interpolation function for
 * irregularly-spaced data", 1968), beside the op's median factor at a distance of FAR. So a shape that was measured has its measured
 * time, one between measured shapes a time between theirs, and one far from all of them the formula's. Distance is
 * Euclidean, of logarithms to the base 2 of extents and bytes (see pointOf). An op that was not measured takes
 * the formula of its class, in its type.
 */

/** Of what a kernel's time depends on, in the same unit for all shapes; undefined where nothing is measured of its kind. */
export type ProfiledSeconds = (work: Work) => number | undefined;

const NEAREST = 12;
/** Beyond about 2³ times the size, a measurement says little. */
const FAR = 3;
/** Within twice the size, measurements differ by luck as much as by shape: they are averaged. */
const ALIKE = 1;
/** Distance at which two shapes are one. */
const SAME = 0.01;

interface Formula {
  readonly launch: number;
  readonly perFlop: number;
  readonly perByte: number;
}

interface Family {
  readonly formula: Formula;
  readonly points: readonly (readonly number[])[];
  /** Per point: logarithm of measured over formula; and their median. */
  readonly factors: readonly number[];
  readonly usual: number;
}

const known = new WeakMap<Profile, ProfiledSeconds>();

/** The estimator of a profile, made once. */
export function profiledSeconds(profile: Profile): ProfiledSeconds {
  let estimate = known.get(profile);
  if (estimate === undefined) {
    estimate = estimator(profile.kernels);
    known.set(profile, estimate);
  }
  return estimate;
}

/** The estimator by some measurements. */
export function estimator(kernels: readonly ProfiledKernel[]): ProfiledSeconds {
  const timed = kernels.filter(({ seconds }) => seconds > 0);
  const classes = perGroup(timed, className, formulaOf);
  const families = perGroup(
    timed,
    (kernel) => familyName(workOf(kernel)),
    (members) => family(members, classes.get(className(members[0]!))!),
  );
  return (work) => {
    const found = families.get(familyName(work));
    if (found !== undefined) return corrected(found, work);
    const formula = classes.get(className(work));
    return formula && byFormula(formula, work);
  };
}

const className = ({ class: opClass, dtype }: Pick<Work, 'class' | 'dtype'>): string => `${opClass} ${dtype}`;

function perGroup<K, T>(
  kernels: readonly ProfiledKernel[],
  keyOf: (kernel: ProfiledKernel) => K,
  of: (members: readonly ProfiledKernel[]) => T,
): Map<K, T> {
  const groups = new Map<K, ProfiledKernel[]>();
  for (const kernel of kernels) getOrMake(groups, keyOf(kernel), () => []).push(kernel);
  return new Map([...groups].map(([key, members]) => [key, of(members)]));
}

/** Kernels of one program, as far as shapes tell: convolutions choose another for other windows and strides. */
function familyName({ call, dtype, class: opClass }: Work): string {
  const window = call === undefined ? undefined : windowOf(call);
  return window === undefined
    ? `${call?.op} ${opClass} ${dtype}`
    : `${call!.op} ${dtype} ${Math.min(window.taps, 10)} ${window.strided}`;
}

/** Of a convolution of planes and its gradients. */
function windowOf({
  op,
  inputs,
  outputs,
}: KernelCall): { taps: number; strided: boolean; side: number } | undefined {
  const tensors =
    op === 'Conv'
      ? [inputs[0], inputs[1], outputs[0]]
      : op === 'ConvInputGrad'
        ? [outputs[0], inputs[1], inputs[0]]
        : op === 'ConvFilterGrad'
          ? [inputs[1], outputs[0], inputs[0]]
          : [];
  const [image, filters, result] = tensors.map((tensor) => tensor?.shape ?? []);
  if (filters?.length !== 4) return undefined;
  const side = Math.sqrt(result![2]! * result![3]!);
  return { taps: filters[2]! * filters[3]!, strided: image![2]! > 1.5 * result![2]!, side };
}

/** Where fewer were measured, their own formula would follow chance. */
const FEW = 8;

function family(members: readonly ProfiledKernel[], ofClass: Formula): Family {
  const formula = members.length < FEW ? ofClass : formulaOf(members);
  const works = members.map(workOf);
  const factors = members.map(({ seconds }, i) => Math.log(seconds / byFormula(formula, works[i]!)));
  return { formula, points: works.map(pointOf), factors, usual: quantile(factors, 0.5) };
}

/** What a measured kernel asked for. */
export function workOf(kernel: ProfiledKernel): Work {
  const { op, inputs, outputs, flops, bytesRead, bytesWritten, dtype, gemm } = kernel;
  return {
    class: kernel.class,
    dtype,
    flops,
    bytesRead,
    bytesWritten,
    ...(gemm && { gemm: gemm as NonNullable<Work['gemm']> }),
    call: { op, inputs, outputs },
  };
}

function formulaOf(members: readonly ProfiledKernel[]): Formula {
  const rows = members.map(({ seconds, flops, bytesRead, bytesWritten }) => [
    UNIT / seconds,
    (UNIT * flops) / PER_UNIT / seconds,
    (UNIT * (bytesRead + bytesWritten)) / PER_UNIT / seconds,
  ]);
  const [launch, perFlop, perByte] = nonNegativeLeastSquares(
    rows,
    members.map(() => 1),
  ) as [number, number, number];
  const formula = {
    launch: launch * UNIT,
    perFlop: (perFlop * UNIT) / PER_UNIT,
    perByte: (perByte * UNIT) / PER_UNIT,
  };
  const none = formula.launch + formula.perFlop + formula.perByte === 0;
  return none ? { ...formula, launch: UNIT } : formula;
}

/** Unknowns of like size converge sooner: microseconds, and thousands of flops and bytes. */
const UNIT = 1e-6;
const PER_UNIT = 1e3;

function byFormula({ launch, perFlop, perByte }: Formula, work: Work): number {
  const seconds = launch + perFlop * work.flops + perByte * (work.bytesRead + work.bytesWritten);
  return Math.max(seconds, LEAST);
}

/** A formula fitted to nothing but work has no seconds for none. */
const LEAST = 1e-9;

/**
 * The place of an extent of a product: its logarithm up to what fills the tiles of kernels; beyond, where time grows in
 * proportion and the formula knows it, differences matter less.
 */
function filling(extent: number): number {
  const place = Math.log2(1 + extent);
  return place < TILE ? place : TILE + BEYOND * (place - TILE);
}

/** Of 64. */
const TILE = 6;
const BEYOND = 0.3;

/** Where a kernel lies among those of its op. */
function pointOf({ flops, bytesRead, bytesWritten, gemm, call }: Work): number[] {
  const log = (amount: number): number => Math.log2(1 + amount);
  if (gemm !== undefined) {
    const side = call === undefined ? undefined : windowOf(call)?.side;
    const extents = [gemm.m, gemm.n, gemm.k].map(filling);
    const others = [bytesRead, bytesWritten, gemm.count ?? 1].map((amount) => BEYOND * log(amount));
    return [...extents, ...others, 2 * BEYOND * log(side ?? 1)];
  }
  const bytes = [0.5 * log(bytesRead), 0.5 * log(bytesWritten)];
  const shapes = call === undefined ? [] : [call.inputs[0]?.shape ?? [], call.outputs[0]?.shape ?? []];
  const [read, written] = shapes.map((shape) => 0.5 * log(shape.at(-1) ?? 1));
  return [...bytes, 0.5 * log(flops), read ?? 0, written ?? 0, log(call?.inputs.length ?? 1)];
}

function corrected({ formula, points, factors, usual }: Family, work: Work): number {
  const point = pointOf(work);
  const nearest: { squared: number; factor: number }[] = [];
  for (const [i, other] of points.entries()) {
    let squared = ALIKE ** 2;
    for (const [axis, at] of point.entries()) squared += (at - other[axis]!) ** 2;
    if (squared - ALIKE ** 2 < SAME ** 2) return byFormula(formula, work) * Math.exp(factors[i]!);
    if (nearest.length === NEAREST && squared >= nearest.at(-1)!.squared) continue;
    const position = nearest.findIndex((one) => squared < one.squared);
    nearest.splice(position < 0 ? nearest.length : position, 0, { squared, factor: factors[i]! });
    if (nearest.length > NEAREST) nearest.pop();
  }
  let weights = 1 / FAR ** 4;
  let sum = weights * usual;
  for (const { squared, factor } of nearest) {
    const weight = 1 / squared ** 2;
    weights += weight;
    sum += weight * factor;
  }
  return byFormula(formula, work) * Math.exp(sum / weights);
}
