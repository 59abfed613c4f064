/** A kernel, copy or fill that a GPU did. Times are seconds from the first event of the trace. */
export interface GpuTask {
  readonly name: string;
  readonly kind: 'kernel' | 'memcpy' | 'memset';
  readonly device: number;
  readonly stream: number;
  readonly start: number;
  readonly seconds: number;
  /** The call that launched it (index into `calls`), −1 where the trace does not have it. */
  readonly call: number;
}

/** A call of the CUDA runtime or driver. */
export interface HostCall {
  readonly name: string;
  /** Index into `threads`. */
  readonly thread: number;
  readonly start: number;
  readonly seconds: number;
  /** What the trace says that it waited for or made wait; nothing, in most traces. */
  readonly sync?: {
    /** The stream that is waited for by the host, or that is made to wait. */
    readonly stream?: number;
    /** The stream that `stream` is made to wait for. */
    readonly waitsOn?: number;
  };
}

/** A thread of the host, and when it ran an operator or a call, in order, apart. */
export interface HostThread {
  readonly name: string;
  readonly busyFrom: Float64Array;
  readonly busyUntil: Float64Array;
}

/** What the PyTorch profiler (Kineto) recorded of one process. */
export interface KinetoTrace {
  /** How messages call it. */
  readonly file: string;
  /** Rank in its job, where the trace says. */
  readonly rank: number | undefined;
  /** The first event on the clock of the host, in microseconds. */
  readonly clockMicros: number;
  /** In order of their starts. */
  readonly tasks: readonly GpuTask[];
  /** In order of their starts. */
  readonly calls: readonly HostCall[];
  readonly threads: readonly HostThread[];
}

/** From the first start to the last end of what GPUs did. */
export function gpuSpan(tasks: readonly Pick<GpuTask, 'start' | 'seconds'>[]): {
  readonly from: number;
  readonly until: number;
} {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, seconds } of tasks) {
    from = Math.min(from, start);
    until = Math.max(until, start + seconds);
  }
  return { from, until };
}
