import { UserError } from '../../base/errors.ts';
import { CATALOG, type Catalog } from '../../devices/catalog/catalog.ts';
import type { ClaimKind, PredictedStep } from './kinds/kind.ts';
import type { LedgerPoint } from './ledger-point.ts';
import { metricOf, secondsFor } from './metrics.ts';
import type { FoldParameters, PointTask } from './tasks.ts';

/** What a point's metric says of three steps. Plain data, so threads can send it. */
export interface PointPrediction {
  readonly predicted: number;
  /** By a plain roofline. */
  readonly roofline: number;
  /** By flops at peak (of a collective: bytes at the nominal rate): baselines divide its time by one constant. */
  readonly ideal: number;
  /** Of the step that was predicted. */
  readonly seconds: number;
  readonly devices: number;
  readonly sizes: Readonly<Record<string, number>>;
  /** Kernels took so many times as long as the catalog says, to meet the measured time of one device. */
  readonly kernelFactor: number;
}

export type PointOutcome = PointPrediction | { readonly why: string };

/** What predicts points: all kinds of questions, and the catalog with some fits replaced. */
export interface Predictor {
  readonly kinds: Readonly<Record<string, ClaimKind>>;
  readonly catalogWith: (parameters: FoldParameters) => Catalog;
}

/** Predicts one point after another; what they share is made once. Never throws: a point that cannot be predicted says why. */
export function pointPredictor({ kinds, catalogWith }: Predictor): (task: PointTask) => PointOutcome {
  const catalogs = new Map<string, Catalog>();
  const factors = new Map<string, number>();

  function catalogFor({ without }: PointTask): Catalog {
    if (without === undefined) return CATALOG;
    const key = JSON.stringify(without);
    let catalog = catalogs.get(key);
    if (catalog === undefined) {
      catalog = catalogWith(without);
      catalogs.set(key, catalog);
    }
    return catalog;
  }

  function factorFor(task: PointTask, catalog: Catalog, kind: ClaimKind): number {
    const { anchor, without } = task;
    if (anchor === undefined) return 1;
    const key = JSON.stringify([anchor.source, anchor.claim, anchor.index, without]);
    let factor = factors.get(key);
    if (factor === undefined) {
      factor = kernelFactorFor(anchor, (kernelFactor) =>
        kind.predict(anchor.fields as never, { cluster: anchor.cluster, catalog, kernelFactor }),
      );
      factors.set(key, factor);
    }
    return factor;
  }

  return (task) => {
    const { point } = task;
    try {
      const kind = kinds[point.kind];
      if (kind === undefined) throw new UserError(`no kind of claims is called ${point.kind}`);
      const catalog = catalogFor(task);
      const kernelFactor = factorFor(task, catalog, kind);
      const setting = { cluster: point.cluster, catalog, kernelFactor };
      const step = kind.predict(point.fields as never, setting);
      const reference =
        point.reference === undefined ? undefined : kind.predict(point.reference as never, setting);
      const values = {
        predicted: metricOf(point.metric, step, reference),
        roofline: metricOf(
          point.metric,
          lasting(step, 'rooflineSeconds'),
          lasting(reference, 'rooflineSeconds'),
        ),
        ideal: metricOf(point.metric, lasting(step, 'idealSeconds'), lasting(reference, 'idealSeconds')),
      };
      if (!(values.predicted > 0 && Number.isFinite(values.predicted)))
        throw new UserError(`what is predicted is no positive number: ${values.predicted}`);
      return {
        ...values,
        seconds: step.seconds,
        devices: step.devices,
        sizes: kind.sizes(point.fields as never),
        kernelFactor,
      };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { why: error instanceof UserError ? message : `internal error: ${message}` };
    }
  };
}

/** The step, if it took as long as one of its baselines. */
function lasting<S extends PredictedStep | undefined>(step: S, by: 'rooflineSeconds' | 'idealSeconds'): S {
  return step === undefined ? step : { ...step, seconds: step[by] };
}

/** How near the predicted time of one device comes to the measured one, and after how many trials at most. */
const NEAR = 1e-4;
const MOST_TRIALS = 12;

/**
 * By which factor kernels take longer than the catalog says, so that one device takes its measured time: Newton's
 * method by secants, since a step's time is nearly a line in the factor (kernels, and what is no kernel).
 * @throws UserError where no factor does, since what is no kernel takes longer than all that was measured.
 */
export function kernelFactorFor(
  anchor: LedgerPoint,
  predict: (kernelFactor: number) => PredictedStep,
): number {
  const first = predict(1);
  const target = secondsFor(anchor.metric, anchor.measured, first);
  let [before, beforeSeconds] = [1, first.seconds];
  let factor = target / first.seconds;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const { seconds } = predict(factor);
    if (Math.abs(seconds / target - 1) < NEAR) return factor;
    const slope = (seconds - beforeSeconds) / (factor - before);
    const next = factor + (target - seconds) / slope;
    [before, beforeSeconds] = [factor, seconds];
    // A step that does not depend on kernels, or a line that crosses zero: half as far.
    factor = Number.isFinite(next) && next > 0 ? next : factor / 2;
    if (factor < LEAST_FACTOR) break;
  }
  throw new UserError('no speed of kernels makes one device take the time that was measured');
}

const LEAST_FACTOR = 1e-3;
