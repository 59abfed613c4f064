import type * as z from 'zod';
import type { Catalog } from '../../../devices/catalog/catalog.ts';
import type { Scenario } from '../../schema.ts';

/** A step, predicted. All the metrics of claims follow from it. */
export interface PredictedStep {
  /** Of one step: an iteration, a collective, a batch of inferences. */
  readonly seconds: number;
  readonly devices: number;
  /** Of a step, over all devices. */
  readonly samples?: number;
  readonly tokens?: number;
  /** As the field counts a model's flops (no recomputation), per step over all devices. */
  readonly modelFlops?: number;
  /** Flops per second that all devices together have at most, in the precision of the products. */
  readonly peakFlops?: number;
  /** Of a collective: bytes of the tensor, and busbw / algbw. */
  readonly bytes?: number;
  readonly busFactor?: number;
  /** A plain roofline: per op max(flops / peak, bytes / bandwidth), per exchange bytes / nominal bandwidth, one after the other. */
  readonly rooflineSeconds: number;
  /** Flops over the devices' peak (of a collective: bytes over the link's nominal rate): what one fitted constant divides. */
  readonly idealSeconds: number;
}

/** What a kind is given besides the fields. */
export interface Setting {
  /** The `cluster` section of the point's hardware. */
  readonly cluster: Scenario['cluster'] | undefined;
  readonly catalog: Catalog;
  /** Kernels take so many times as long as the catalog says: 1, or what makes one device take its measured time. */
  readonly kernelFactor: number;
}

/**
 * A kind of question that measurements answer. Its fields say all that there is to know: no source has code of its own.
 * Steps that many points share are cached by the kind, by what they depend on: a ledger of 2,000 points is to take
 * less than two minutes on two cores.
 */
export interface ClaimKind<F = never> {
  readonly name: string;
  readonly what: string;
  /** The merged fields; unknown keys are errors. Numbers are in plain units (ms and GB have their unit in the key). */
  readonly fields: z.ZodType<F>;
  /** The same step on one device, where anchored claims have one: the fields in which it differs. */
  readonly onOneDevice?: Partial<F>;
  /** @throws UserError where it cannot be predicted, and why. */
  readonly predict: (fields: F, setting: Setting) => PredictedStep;
  /**
   * What decides how far a prediction can be trusted: devices whose kernels it rests on, and sizes (devices, parameters, batch, bytes …)
   * of which the ledger's range is known.
   */
  readonly sizes: (fields: F) => Readonly<Record<string, number>>;
}
