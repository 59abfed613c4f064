import type { Controls } from './controls.ts';
import type { Economy } from './economy.ts';
import type { ErrorBar, ModelSummary } from './shared.ts';

/** Inferences by batch, on several servers. */
export interface InferenceExperiment {
  readonly name: string;
  readonly title: string;
  readonly model: ModelSummary;
  /** Within which 99 % of requests are to be answered; null: devices are always busy. */
  readonly latencySeconds: number | null;
  /** All batches of a server, then those of the next. */
  readonly runs: readonly InferenceRun[];
  /** What may be changed in the page; null where it cannot be simulated there. */
  readonly controls: Controls | null;
}

/** One server at one batch. Times are seconds, rates per second, power watts. */
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
  /** What it costs and what power it draws; null where the catalog knows neither. */
  readonly economy: Economy | null;
}
