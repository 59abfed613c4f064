import { arch, cpus, platform, release, totalmem } from 'node:os';
import { getOrMake } from '../../base/get-or-make.ts';
import { nonNegativeLeastSquares } from '../../base/least-squares.ts';
import { quantile } from '../../base/statistics.ts';
import type { Work } from '../../base/work.ts';
import { PROFILE_FORMAT, type Profile, type ProfiledKernel } from '../../devices/profile.ts';
import { type WasmExecutor, wasmExecutor } from '../../executor/wasm/executor.ts';
import { graphWork } from '../../graph/cost.ts';
import { version } from '../version.ts';
import { missedBytes, missShare } from './cache-misses.ts';
import { measureExchange } from './exchange.ts';
import { calibrationLayers, type LayerLimits, type LayerStep } from './layers.ts';
import { executedWork, missSecondsOf } from './local-cost.ts';
import { type LocalStep, localStep } from './local-step.ts';
import { Flush, measureMemory } from './memory.ts';
import { QuietTimes, type Repeats } from './quiet-times.ts';
import { compileWell, TimedSession } from './timed-session.ts';

export interface CalibrationOptions {
  /** Threads that share the rows of large ops. */
  readonly threads: number;
  /** Fewer layers and runs. */
  readonly quick: boolean;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

interface Effort {
  readonly layersOfAKind: number;
  /** Layers that are not reached within so long, on a slow or busy machine, are left out. */
  readonly seconds: number;
  readonly limits: LayerLimits;
  readonly warm: Repeats;
  readonly flushed: Repeats;
  readonly whole: Repeats;
}

const FULL: Effort = {
  layersOfAKind: 40,
  seconds: 120,
  limits: { mostFlops: 4e8, leastFlops: 2e5, mostBytes: 2 ** 26 },
  warm: { samples: 9, mostSamples: 40, seconds: 0.08 },
  flushed: { samples: 5, mostSamples: 10, seconds: 0.05 },
  whole: { samples: 7, mostSamples: 40, seconds: 0.05 },
};
const QUICK: Effort = {
  layersOfAKind: 16,
  seconds: 22,
  limits: { mostFlops: 2e8, leastFlops: 2e5, mostBytes: 2 ** 25 },
  warm: { samples: 5, mostSamples: 30, seconds: 0.03 },
  flushed: { samples: 3, mostSamples: 6, seconds: 0.02 },
  whole: { samples: 5, mostSamples: 30, seconds: 0.02 },
};
/** Each so-manyeth layer tells what a whole step and misses cost, too: few numbers, which all layers have in common. */
const FULLY = 3;

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** What one layer told. */
interface LayerTimes {
  readonly step: LocalStep;
  /** Per node of its program: run again and again, and (of some layers) after the caches were emptied. */
  readonly warm: readonly number[];
  readonly flushed: readonly number[] | undefined;
  /** Of the whole step, run again and again. */
  readonly seconds: number | undefined;
}

/** Measures this machine's kernels as the executor runs them. */
export async function calibrate({ threads, quick, onProgress }: CalibrationOptions): Promise<Profile> {
  const effort = quick ? QUICK : FULL;
  compileWell();
  const backend = wasmExecutor({ threads });
  backend.start();
  try {
    const quiet = new QuietTimes(backend);
    const memory = measureMemory(backend, quiet);
    const flush = new Flush(backend);
    const layers = calibrationLayers(effort.layersOfAKind, effort.limits);
    const times: LayerTimes[] = [];
    const began = performance.now();
    for (const layer of layers) {
      if (performance.now() - began > 1000 * effort.seconds) break;
      onProgress?.(layer.kind, times.length, layers.length);
      times.push(layerTimes(layer, backend, quiet, times.length % FULLY === 0 ? flush : undefined, effort));
    }
    const profile = profileOf(times, memory, threads, quiet.referenceSeconds);
    onProgress?.('exchange between two threads', layers.length, layers.length);
    return threads === 1 ? { ...profile, exchange: await measureExchange(profile, quick) } : profile;
  } finally {
    backend.close();
  }
}

function layerTimes(
  layer: LayerStep,
  backend: WasmExecutor,
  quiet: QuietTimes,
  flush: Flush | undefined,
  effort: Effort,
): LayerTimes {
  const step = localStep(layer);
  const session = new TimedSession(step, backend, quiet);
  const warm = session.nodeSeconds(effort.warm);
  const flushed = flush && session.nodeSeconds(effort.flushed, () => flush.run());
  const seconds = flush && session.stepSeconds(effort.whole);
  session.close();
  return { step, warm, flushed, seconds };
}

function profileOf(
  times: readonly LayerTimes[],
  memory: Profile['memory'],
  threads: number,
  referenceSeconds: number,
): Profile {
  const share = missShare(memory);
  const missed = times.map(({ step }) => ({
    warm: missedBytes(step.program, share),
    flushed: missedBytes(step.program, share, true),
  }));
  const missSeconds = missCosts(times, missed, streamCost(memory));
  const found = new Map<string, { kernel: Omit<ProfiledKernel, 'seconds'>; seconds: number[] }>();
  for (const [i, { step, warm }] of times.entries()) {
    const { graph } = step.program.program.p;
    for (const [node, work] of graphWork(graph).entries()) {
      const done = executedWork(work);
      const extra = missSecondsOf(done, missSeconds) * missed[i]!.warm[node]!;
      const kernel = done.class === 'none' ? { ...kernelOf(done), inputs: [], outputs: [] } : kernelOf(done);
      const key = JSON.stringify(kernel);
      const entry = found.get(key) ?? { kernel, seconds: [] };
      entry.seconds.push(Math.max(warm[node]! - extra, warm[node]! / 4));
      found.set(key, entry);
    }
  }
  const kernels = [...found.values()].map(({ kernel, seconds }) => ({
    ...kernel,
    seconds: rounded(median(seconds)),
    runs: seconds.length,
  }));
  return {
    format: PROFILE_FORMAT,
    device: {
      id: 'this-machine',
      name: cpus()[0]?.model.trim() || 'CPU',
      kind: 'CPU',
      cores: cpus().length,
      memoryBytes: totalmem(),
      software: [`stepcast ${version}`, `node ${process.version}`, `${platform()} ${release()} ${arch()}`],
    },
    threads,
    referenceSeconds: rounded(referenceSeconds),
    dispatch: dispatchOf(times),
    memory,
    missSecondsPerByte: missSeconds,
    kernels,
  };
}

function kernelOf(work: Work): Omit<ProfiledKernel, 'seconds'> {
  const { call, gemm, flops, bytesRead, bytesWritten, dtype } = work;
  const plain = (tensors: NonNullable<Work['call']>['inputs']) =>
    tensors.map((tensor) => ({ dtype: tensor.dtype, shape: [...tensor.shape] }));
  return {
    op: call!.op,
    class: work.class,
    dtype,
    inputs: plain(call!.inputs),
    outputs: plain(call!.outputs),
    flops,
    bytesRead,
    bytesWritten,
    ...(gemm && { gemm: { ...gemm } }),
  };
}

/** Four digits: more would be noise. */
const rounded = (seconds: number): number => Number(seconds.toPrecision(4));

/**
 * Per op, where several told, and per class: by how much longer kernels took after the caches were emptied, over the bytes
 * that they then missed; the median, since most of the difference of a long kernel is chance. `stream`: what it is at least for
 * those that only stream.
 */
function missCosts(
  times: readonly LayerTimes[],
  missed: readonly { readonly warm: Float64Array; readonly flushed: Float64Array }[],
  stream: number,
): Record<string, number> {
  const classes = new Map<string, number[]>();
  const ops = new Map<string, number[]>();
  const classOf = new Map<string, string>();
  for (const [i, { step, warm, flushed }] of times.entries()) {
    if (flushed === undefined) continue;
    for (const [node, work] of graphWork(step.program.program.p.graph).entries()) {
      const { class: name, call } = executedWork(work);
      const bytes = missed[i]!.flushed[node]! - missed[i]!.warm[node]!;
      if (name === 'none' || bytes < LEAST_MISSED) continue;
      const cost = (flushed[node]! - warm[node]!) / bytes;
      getOrMake(classes, name, () => []).push(cost);
      getOrMake(ops, call!.op, () => []).push(cost);
      classOf.set(call!.op, name);
    }
  }
  const told = [...classes, ...[...ops].filter(([, costs]) => costs.length >= SEVERAL)];
  const streams = (name: string): boolean => STREAMS.has(name) || STREAMS.has(classOf.get(name) ?? '');
  return Object.fromEntries(
    told.map(([name, costs]) => [name, rounded(Math.max(streams(name) ? stream : 0, median(costs)))]),
  );
}

/** Classes of ops that do little but move bytes: these cost at least what an addition's do. */
const STREAMS: ReadonlySet<string> = new Set(['vector', 'data']);

/** By how much longer an addition takes for each byte from beyond the caches. */
function streamCost(memory: Profile['memory']): number {
  const costs = memory.map(({ bytesPerSecond }) => 1 / bytesPerSecond);
  return Math.max(0, (costs.at(-1) ?? 0) - Math.min(...costs));
}

const SEVERAL = 5;
/** Fewer bytes take less time than runs differ by. */
const LEAST_MISSED = 2 ** 17;

/** What steps took beside their nodes: so much each, and so much per node; by relative errors, since all sizes count. */
function dispatchOf(times: readonly LayerTimes[]): Profile['dispatch'] {
  const rows: number[][] = [];
  const rest: number[] = [];
  for (const { step, warm, seconds } of times) {
    if (seconds === undefined || seconds >= SMALL_STEP_SECONDS) continue;
    rows.push([1e-6 / seconds, (1e-6 * step.program.nodes.length) / seconds]);
    rest.push(1 - warm.reduce((sum, node) => sum + node, 0) / seconds);
  }
  const [step = 0, node = 0] = nonNegativeLeastSquares(rows, rest);
  return { stepSeconds: rounded(step * 1e-6), nodeSeconds: rounded(node * 1e-6) };
}

/** In longer steps what is beside the nodes is less than the error of these. */
const SMALL_STEP_SECONDS = 2e-3;
