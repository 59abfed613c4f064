import type { Evidence } from '../devices/device.ts';

/*
 * results.json: versioned plain data, all that a report needs. Times are seconds of simulated time, sizes bytes.
 * Nothing in it depends on wall-clock time, so equal scenarios and seeds give equal bytes.
 */

export const RESULTS_VERSION = 5;

export interface Results {
  readonly format: 'stepcast results';
  readonly version: typeof RESULTS_VERSION;
  /** Version of stepcast that made it. */
  readonly program: string;
  readonly title: string;
  readonly description: string;
  readonly seed: number;
  /** The answer first: one sentence per experiment, the most important one first. */
  readonly answers: readonly string[];
  readonly training: readonly TrainingExperiment[];
  readonly placement: readonly PlacementExperiment[];
  /** Present where the scenario asks about inference. */
  readonly inference?: readonly InferenceExperiment[];
  /** Every catalog number and scenario number that the figures rest on. */
  readonly assumptions: readonly Assumption[];
  /** What the model leaves out, as sentences. */
  readonly caveats: readonly string[];
  /** The scenario as resolved: defaults filled in, overrides applied. */
  readonly scenario: unknown;
}

export interface Assumption {
  /** e.g. `k40: memory bandwidth` */
  readonly what: string;
  /** With its unit. */
  readonly value: string;
  readonly evidence: Evidence | 'scenario';
  readonly source: string;
  /** What it decides besides times: whether memory suffices, or nothing (it is for the record). Times unless given. */
  readonly decides?: 'memory' | 'nothing';
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

/** A kind of strategy (`stepcast strategies` lists them). */
export type StrategyKind = string;

export interface TrainingExperiment {
  readonly name: string;
  readonly title: string;
  readonly model: ModelSummary;
  /** Words for the reader: `K40 workers, 2 parameter servers, 10 GbE`. */
  readonly cluster: string;
  readonly batchPerWorker: number;
  readonly learningRate: number;
  /** `linear`: an update that takes the gradients of n replicas uses n times `learningRate`; null: all use it as it is. */
  readonly learningRateScaling: 'linear' | null;
  /** What speed-ups are against, in words: `one synchronous worker`. */
  readonly baseline: string;
  /** How often every run was simulated, each time under another seed. */
  readonly trials: number;
  readonly runs: readonly TrainingRun[];
  /** Runs of the scenario that make no sense, each with its reason. */
  readonly skipped: readonly {
    readonly strategy: StrategyKind;
    readonly workers: number;
    readonly reason: string;
  }[];
  /** One step of one run, for the timeline. */
  readonly timeline: Timeline | null;
  /** The same step, explained. */
  readonly explanation: Explanation | null;
  /** Live memory in the same step, on the fullest devices. */
  readonly memoryOverTime: readonly MemoryCurve[];
}

export interface TrainingRun {
  readonly strategy: StrategyKind;
  /** e.g. `synchronous, 1 backup` */
  readonly label: string;
  /** All workers, backups included. */
  readonly workers: number;
  /** Copies of the model that the workers make up. */
  readonly replicas: number;
  /** What was chosen about the strategy; sizes are bytes. */
  readonly options: { readonly [option: string]: number | string | boolean | undefined };
  /** 0 where the strategy uses none. */
  readonly parameterServers: number;
  readonly updates: number;
  /** Samples whose gradients one update takes. */
  readonly samplesPerUpdate: number;
  /** This and what is not about the time of steps: of the first trial. */
  readonly simulatedSeconds: number;
  /** Time between consecutive updates of all trials, the first step of each worker (start-up) left out. */
  readonly stepSeconds: Distribution;
  /** Samples whose gradients were used, per simulated second, over the steps of `stepSeconds`. */
  readonly samplesPerSecond: number;
  /** samplesPerSecond over that of the synchronous run with one worker. */
  readonly speedUp: number;
  /** Where there were several trials. */
  readonly speedUpInterval: MeanInterval | null;
  /** speedUp / workers. */
  readonly efficiency: number;
  /** How far the step time, and the rate with it, may be off; null where nothing is known of that. */
  readonly errorBar: ErrorBar | null;
  /** How far the speed-up may be off. */
  readonly speedUpErrorBar: ErrorBar | null;
  /** Gradient tensors handed to accumulators or applied, and those dropped because they came late. */
  readonly gradientsApplied: number;
  readonly gradientsDropped: number;
  /** Per replica: gradient tensors of its that were dropped; empty where none was. */
  readonly droppedByReplica: readonly number[];
  /** Of the gradients applied: updates that the variable saw between the worker's read of it and that of the gradient. */
  readonly staleness: Staleness;
  readonly devices: readonly DeviceUse[];
  readonly links: readonly LinkUse[];
  /** Held-out loss and accuracy as training went on; null where no numbers were asked for. */
  readonly learning: Learning | null;
  /** The fullest device of each job and model. */
  readonly memory: readonly DeviceMemory[];
  /** Where memory did not suffice: the times are then those of a cluster that had enough. */
  readonly outOfMemory: OutOfMemory | null;
  /** Machines that failed; how often variables went with them, and how many updates had to be made again. */
  readonly losses: { readonly failures: number; readonly restarts: number; readonly updatesLost: number };
  /** Null where the scenario says nothing of failures. */
  readonly goodput: Goodput | null;
  /** What the loss of one worker, group or server costs on average; empty where nothing fails. */
  readonly lossCosts: readonly LossCost[];
  /** Why training ended before its updates were done; null where it did not. */
  readonly stopped: string | null;
}

/** What the time of a run goes into: shares of it, which sum to 1. */
export interface TimeShares {
  /** As long as its updates take where nothing fails and nothing is saved. */
  readonly useful: number;
  /** For writing checkpoints. */
  readonly checkpoints: number;
  /** For work that a failure undid. */
  readonly undone: number;
  /** From failures that lost variables until the job ran again. */
  readonly down: number;
  /** For machines without variables that are away, and for steps that they begin again. */
  readonly waiting: number;
}

/** Means over trials. `useful` is the goodput. */
export interface Goodput extends TimeShares {
  /** Of `useful`, where there were several trials. */
  readonly interval: MeanInterval | null;
  readonly checkpointing: Checkpointing | null;
}

/** How often a run saves, beside how often it should, by Daly (2006). */
export interface Checkpointing {
  /** From the beginning of one checkpoint to that of the next, as asked for and as it loses least; null: never. */
  readonly periodSeconds: number | null;
  readonly optimalSeconds: number | null;
  /** Mean time between the failures at random that lose variables; null: none do. */
  readonly betweenFailuresSeconds: number | null;
  /** The goodput that his model expects of both; null where it says nothing. */
  readonly expected: number | null;
  readonly expectedAtOptimum: number | null;
}

/** What one loss costs a run on average, wherever in a step and between checkpoints it happens. */
export interface LossCost {
  /** The host of a worker, all hosts of a group of workers, or a parameter server. */
  readonly lost: 'worker' | 'group' | 'server';
  /** So many hosts at once. */
  readonly hosts: number;
  /** Whether the others go on, wait, or go back to the last checkpoint. */
  readonly outcome: 'continues' | 'waits' | 'restarts';
  /** Updates per second while it is away, over those of the undisturbed run. */
  readonly speed: number;
  /** Until what it stopped runs again; null: never. */
  readonly downSeconds: number | null;
  /** Seconds by which training ends later; null where all is lost. */
  readonly seconds: number | null;
}

/** In updates. */
export interface Staleness {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  /** Columns: so many gradient tensors were so stale, ascending; none where all were fresh. */
  readonly histogram: { readonly updates: readonly number[]; readonly gradients: readonly number[] };
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

/** Columns: one entry per evaluation on held-out samples. */
export interface Learning {
  /**
   * What strategies are compared by the time to: the held-out accuracy that the scenario asks for, or else a third of the
   * experiment's first held-out loss.
   */
  readonly target: { readonly measure: 'loss' | 'accuracy'; readonly value: number };
  /** When the held-out measure first came to it, by linear interpolation between evaluations; null where it did not. */
  readonly secondsToTarget: number | null;
  /** Samples whose gradients had been used by then. */
  readonly samplesToTarget: number | null;
  readonly updates: readonly number[];
  readonly samples: readonly number[];
  readonly seconds: readonly number[];
  /** null where training has diverged and the loss is no number any more. */
  readonly heldOutLoss: readonly (number | null)[];
  readonly heldOutAccuracy: readonly number[];
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
}

export interface PlacementExperiment {
  readonly name: string;
  readonly title: string;
  readonly model: ModelSummary;
  readonly cluster: string;
  readonly batch: number;
  /** Names of the nodes that are placed. */
  readonly nodes: readonly string[];
  /** What placements are compared by: `step-time`, `throughput`, `peak-memory` or `cost`. */
  readonly objective: string;
  /** How often placers that draw have drawn, each with its own luck. */
  readonly seeds: number;
  /** No placement can be faster than the largest of these: they bound, they do not measure. */
  readonly bounds: PlacementBounds;
  /** Why no placement fits into memory, where that is certain; null elsewhere. */
  readonly cannotFit: string | null;
  readonly runs: readonly PlacementRun[];
  /** The best placement that any placer found in any draw. */
  readonly portfolio: PlacementPortfolio;
  /** One step under the fastest placement. */
  readonly timeline: Timeline | null;
  /** The same step, explained. */
  readonly explanation: Explanation | null;
  /** Live memory in the same step, on the fullest devices. */
  readonly memoryOverTime: readonly MemoryCurve[];
}

/** Seconds below which no step can be, each for a reason of its own. */
export interface PlacementBounds {
  /** The longest chain of ops, each on its fastest device. */
  readonly criticalPathSeconds: number;
  /** All work, divided among the devices as well as fractions allow. */
  readonly areaSeconds: number;
  /** The longest colocation group, on its best device. */
  readonly groupSeconds: number;
  /** The longest chain where tensors that cross cost what they must. */
  readonly communicationSeconds: number;
  /** Work that must come late, after the shortest way to it, or early, before the shortest way from it. */
  readonly headTailSeconds: number;
}

export interface PlacementPortfolio {
  readonly label: string;
  /** Which of its draws: 0, 1, … */
  readonly trial: number;
  readonly stepSeconds: number;
  /** By the objective. */
  readonly score: number;
  readonly fits: boolean;
  /** Of each node of the experiment, the index in `devices` of its runs. */
  readonly deviceOf: readonly number[];
}

/** How a placement stands up to a cost model that is wrong. */
export interface PlacementRobustness {
  /** Where each op takes 1 ± 20 % as long, over several draws. */
  readonly leastSeconds: number;
  readonly medianSeconds: number;
  readonly mostSeconds: number;
  /** Share of the draws in which it was the fastest of all. */
  readonly firstShare: number;
  /** Where all links have half their bandwidth. */
  readonly halfBandwidthSeconds: number;
}

export interface PlacementRun {
  readonly placer: string;
  /** Distinguishes the runs of one experiment, e.g. `greedy`. */
  readonly label: string;
  /** What the placer says of its work, e.g. which single device it chose; '' where nothing. */
  readonly note: string;
  /** Of the draw in the middle, as is all that follows. */
  readonly stepSeconds: number;
  readonly draws: { readonly count: number; readonly leastSeconds: number; readonly mostSeconds: number };
  /** Of the busiest device or link in one step: the time between steps, were they pipelined. */
  readonly bottleneckSeconds: number;
  /** By the objective of the experiment; the least is best. */
  readonly score: number;
  /** Step time of the best single device over this one's. */
  readonly speedUp: number;
  /** How far the step time may be off; null where nothing is known of that. */
  readonly errorBar: ErrorBar | null;
  readonly evaluations: number;
  /** How many of them did not fit into memory. */
  readonly failures: number;
  readonly robustness: PlacementRobustness | null;
  /** Bytes that cross devices in one step. */
  readonly transferBytes: number;
  /** Nodes of the graph per device, in the order of `devices`. */
  readonly nodesPerDevice: readonly number[];
  readonly devices: readonly DeviceUse[];
  /** Of each node of the experiment, the index in `devices`: the whole placement. */
  readonly deviceOf: readonly number[];
  /** Best step time over evaluations, where the placer searched. */
  readonly history: { readonly evaluations: readonly number[]; readonly seconds: readonly number[] } | null;
  /** The fullest device of each job and model. */
  readonly memory: readonly DeviceMemory[];
  /** Where memory did not suffice: the step time is then that of a cluster that had enough. */
  readonly outOfMemory: OutOfMemory | null;
}

/** Inferences by batch, on several servers. */
export interface InferenceExperiment {
  readonly name: string;
  readonly title: string;
  readonly model: ModelSummary;
  /** Within which 99 % of requests are to be answered; null: devices are always busy. */
  readonly latencySeconds: number | null;
  /** All batches of a server, then those of the next. */
  readonly runs: readonly InferenceRun[];
}

export interface InferenceRun {
  /** Id of the device or node. */
  readonly server: string;
  /** Name of what computes. */
  readonly device: string;
  /** So many of them. */
  readonly devices: number;
  /** Most that the server draws; null where the catalog does not say. */
  readonly watts: number | null;
  readonly precision: string;
  readonly batch: number;
  /** Of a batch on one device, with the host's time. */
  readonly batchSeconds: number;
  /** Flops of products per second of one device, the host's time left out. */
  readonly flopsPerSecond: number;
  /** Inferences per second of the server, its devices always busy. */
  readonly samplesPerSecond: number;
  /** The most with 99 % of responses within the latency, devices having queues of their own; null where none is, or none is asked for. */
  readonly boundedSamplesPerSecond: number | null;
  /** 99th percentile of response times at nine tenths of `samplesPerSecond`. */
  readonly responseSeconds: number;
  /** Of `batchSeconds`; null where there is nothing to go by. */
  readonly errorBar: ErrorBar | null;
}
