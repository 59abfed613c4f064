import type { Evidence } from '../../devices/device.ts';

export interface Assumption {
  /** e.g. `k40: memory bandwidth` */
  readonly what: string;
  /** With its unit. */
  readonly value: string;
  readonly evidence: Evidence | 'scenario';
  readonly source: string;
  /**
   * What it decides besides times: whether memory suffices, what a run costs and draws, or nothing (it is for the record).
   * Times unless given.
   */
  readonly decides?: 'memory' | 'economy' | 'nothing';
}

export interface ModelSummary {
  readonly name: string;
  readonly parameters: number;
  readonly parameterBytes: number;
  /** Nodes of one step of one replica. */
  readonly nodes: number;
  readonly forwardFlopsPerSample: number;
  /** Null of networks that only infer. */
  readonly trainingFlopsPerSample: number | null;
}

/** Bytes of one device. */
export interface DeviceMemory {
  readonly device: string;
  readonly model: string;
  readonly capacityBytes: number;
  /** Variables and accumulators, there throughout. */
  readonly residentBytes: number;
  /** Most live bytes at once, residents included, and when that was first. */
  readonly peakBytes: number;
  readonly peakSeconds: number;
  /** The peak with what the runtime reserves and its allocator wastes. */
  readonly footprintBytes: number;
  /** The largest values that made up the peak besides residents, by the node that made them. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}

/** Columns: live bytes of a device from each moment on, residents included. */
export interface MemoryCurve {
  readonly device: string;
  readonly model: string;
  readonly capacityBytes: number;
  /** Since the beginning of the step. */
  readonly seconds: readonly number[];
  readonly bytes: readonly number[];
}

export interface OutOfMemory {
  readonly device: string;
  readonly model: string;
  /** The node that asked for more than there was; null where variables alone were too much. */
  readonly node: string | null;
  readonly seconds: number;
  /** Bytes that it asked for, and that were in use. */
  readonly bytes: number;
  readonly usedBytes: number;
  readonly capacityBytes: number;
  /** What would fit, as clauses. */
  readonly remedies: readonly string[];
}

/** Where the time of a step goes, and what would shorten it. */
export interface Explanation {
  /** Which run. */
  readonly of: string;
  /** Length of the step that the critical path is of. */
  readonly seconds: number;
  /** The chain of activities that the step could not end before, summed by kind, longest first; sums to `seconds`. */
  readonly criticalPath: readonly {
    readonly part: 'compute' | 'slowdown' | 'transfer' | 'contention' | 'dispatch' | 'other';
    readonly what: string;
    readonly seconds: number;
    /** Stretches of the path. */
    readonly times: number;
  }[];
  /** By how much each resource is made faster: 0.1 is 10 %. */
  readonly faster: number;
  /** Mean step time that gains are measured against. */
  readonly baselineSeconds: number;
  /** Each class of resources made faster by itself, the greatest gain first. */
  readonly whatIf: readonly {
    readonly resource: string;
    readonly stepSeconds: number;
    /** Share of the baseline that is saved. */
    readonly gain: number;
  }[];
  /** The first of `whatIf` in one sentence. */
  readonly bottleneck: string;
}

export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** How well the mean is known; null where one trial has too few steps to tell. */
  readonly meanInterval: MeanInterval | null;
}

/** The true mean is within `halfWidth` of the estimate in the share `confidence` of all cases. */
export interface MeanInterval {
  readonly halfWidth: number;
  readonly confidence: number;
  /** Whether it comes from independent trials or from batches of steps of one; and from how many. */
  readonly from: 'trials' | 'batches';
  readonly count: number;
}

/** How far a prediction may be off, by how far others of its kind were off published measurements. */
export interface ErrorBar {
  /** What is measured is within [predicted / factor, predicted · factor] in the share `confidence` of all cases. */
  readonly factor: number;
  readonly confidence: number;
  /** Measurements that this was learnt from, of so many sources. */
  readonly points: number;
  readonly sources: number;
  /** Kind of question that they answer, e.g. `data-parallel`. */
  readonly learntFrom: string;
  /** What is beyond all that was measured, as clauses. */
  readonly warnings: readonly string[];
}

/** Shares of the simulated time of a device; they sum to 1. */
export interface DeviceUse {
  readonly device: string;
  readonly model: string;
  readonly compute: number;
  /** Not computing while a transfer to or from the device is under way. */
  readonly communication: number;
  readonly waiting: number;
}

export interface LinkUse {
  readonly link: string;
  readonly bytes: number;
  /** Share of the simulated time in which the link carried something. */
  readonly busy: number;
  /** Share of what it could have carried in that time. */
  readonly load: number;
}

export type BarKind = 'compute' | 'transfer';

/** Columns: one entry per bar. Bars of one lane never overlap. */
export interface Timeline {
  readonly title: string;
  /** Devices first, then directions of links. */
  readonly lanes: readonly { readonly name: string; readonly kind: BarKind }[];
  /** Distinct labels (node or tensor names). */
  readonly labels: readonly string[];
  readonly lane: readonly number[];
  readonly label: readonly number[];
  readonly start: readonly number[];
  readonly end: readonly number[];
  /** Bytes moved; 0 for compute. */
  readonly bytes: readonly number[];
  /** Columns: stretches of the critical path, by time; those on lanes that are not shown are left out. */
  readonly critical: {
    readonly lane: readonly number[];
    readonly start: readonly number[];
    readonly end: readonly number[];
  };
}
