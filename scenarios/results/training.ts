import type { Controls } from './controls.ts';
import type { Economy } from './economy.ts';
import type { LinkHeat } from './link-heat.ts';
import type { PlacedGraph } from './placed-graph.ts';
import type {
  DeviceMemory,
  DeviceUse,
  Distribution,
  ErrorBar,
  Explanation,
  LinkUse,
  MeanInterval,
  MemoryCurve,
  ModelSummary,
  OutOfMemory,
  Timeline,
} from './shared.ts';
import type { StepDistribution } from './step-distribution.ts';
import type { Stragglers } from './stragglers.ts';

/** A kind of strategy (`stepcast strategies` lists them). */
export type StrategyKind = string;

/** One model trained by several strategies and numbers of workers. */
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
  /** How loaded each link was in the same step; null where nothing was sent. */
  readonly linkHeat: LinkHeat | null;
  /** Its graph with devices, collapsed to scopes; null where the strategy places nothing. */
  readonly placedGraph: PlacedGraph | null;
  /** What may be changed in the page; null where it cannot be simulated there. */
  readonly controls: Controls | null;
}

/** One strategy with one number of workers. Times are simulated seconds, sizes bytes, rates per second. */
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
  /** How step times are distributed; null where there are none. */
  readonly stepDistribution: StepDistribution | null;
  /** Which workers were slow, and how often; null where workers cannot be told apart. */
  readonly stragglers: Stragglers | null;
  /** What it costs and what power it draws; null where the catalog knows neither. */
  readonly economy: Economy | null;
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
