import * as z from 'zod';
import type { ClaimKind, PredictedStep } from '../../../scenarios/claims/kinds/kind.ts';
import type { LedgerPoint } from '../../../scenarios/claims/ledger-point.ts';

/*
 * A kind of which all is known: `workers` devices take 1 s of kernels and 0.1 s of exchange each beyond the first, on
 * `batch` samples each.
 */

const fields = z.strictObject({ workers: z.number(), batch: z.number().default(10) });
type Fields = z.output<typeof fields>;

const EXCHANGE = 0.1;

export const stubKind: ClaimKind<Fields> = {
  name: 'stub',
  what: 'made up',
  fields,
  onOneDevice: { workers: 1 },
  predict: ({ workers, batch }, { kernelFactor }): PredictedStep => ({
    seconds: kernelFactor + EXCHANGE * (workers - 1),
    devices: workers,
    samples: workers * batch,
    tokens: workers * batch * 5,
    modelFlops: workers * batch * 1e9,
    peakFlops: workers * 1e11,
    bytes: 1e6,
    busFactor: 1.5,
    rooflineSeconds: 0.5,
    idealSeconds: 0.25,
  }),
  sizes: ({ workers, batch }) => ({ devices: workers, batch }),
};

export const STUB_KINDS = { stub: stubKind } as unknown as Readonly<Record<string, ClaimKind>>;

export function stubPoint(workers: number, measured: number, more: Partial<LedgerPoint> = {}): LedgerPoint {
  return {
    source: 'made-up',
    claim: 'steps',
    index: 0,
    kind: 'stub',
    fields: { workers, batch: 10 },
    reference: undefined,
    hardware: undefined,
    cluster: undefined,
    metric: 'step_time',
    measured,
    anchor: 'none',
    bound: undefined,
    provenance: { kind: 'seen' },
    use: 'gate',
    ...more,
  };
}
