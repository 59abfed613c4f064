import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG } from '../../../devices/catalog/catalog.ts';
import type { CommunicationTask } from '../../../devices/communication/communication-seconds.ts';
import { type GroupPaths, groupPaths } from '../../../devices/communication/group-paths.ts';
import { PYTHON_SECONDS } from '../kinds/collective.ts';
import { claimedCluster } from '../kinds/simulated-step.ts';
import type { LedgerPoint } from '../ledger-point.ts';
import { loadLedger } from '../load.ts';
import { DATA } from './data.ts';

/** One measured collective among GPUs, and what joins them. */
export interface MeasuredCollective {
  /** `source/claim`, as the ledger has it; of the table of all-reduces in data/, the claim that a part of it is. */
  readonly data: string;
  readonly hardware: string;
  readonly workers: number;
  readonly task: CommunicationTask;
  readonly paths: GroupPaths;
  readonly seconds: number;
  /** What the program that timed it takes besides the collective. */
  readonly besides: number;
}

export const VTRAIN = 'vtrain_allreduce_lut/allreduce';

/** Measured collectives of one source of the ledger. */
export function collectivesOf(source: string): readonly MeasuredCollective[] {
  return pointsOf(source)
    .filter(({ cluster }) => cluster?.workers.accelerator !== undefined)
    .map((point) => {
      const { workers, bytes, collective, library_year, timed_by } = point.fields;
      return {
        data: `${source}/${point.claim}`,
        hardware: point.hardware!,
        workers: workers as number,
        task: {
          collective: collective as string,
          bytes: bytes as number,
          ...(library_year !== undefined && { year: library_year as number }),
        },
        paths: pathsFor(point, workers as number),
        seconds: secondsOf(point),
        besides: timed_by === 'python' ? PYTHON_SECONDS : 0,
      };
    });
}

/** The table of vTrain, of which the ledger has the powers of two, on the hardware that it has there. */
export function vtrainCollectives(): readonly MeasuredCollective[] {
  const points = pointsOf('vtrain_allreduce_lut');
  const rows = readFileSync(join(DATA, 'vtrain-allreduce.csv'), 'utf8')
    .split('\n')
    .filter((line) => /^[av]\d/.test(line));
  return rows.map((row) => {
    const [hardware, workers, mebibytes, microseconds] = row.split(',');
    const point = points.find((candidate) => candidate.hardware === hardware)!;
    return {
      data: VTRAIN,
      hardware: hardware!,
      workers: Number(workers),
      task: { collective: 'all-reduce', bytes: Number(mebibytes) * 2 ** 20 },
      paths: pathsFor(point, Number(workers)),
      seconds: Number(microseconds) * 1e-6,
      besides: 0,
    };
  });
}

function pointsOf(source: string): readonly LedgerPoint[] {
  return loadLedger([join(DATA, `../${source}.yaml`)])
    .flatMap(({ points }) => points)
    .filter(({ kind }) => kind === 'collective');
}

const known = new Map<string, GroupPaths>();

/** Bandwidths and latencies are the catalog's, whatever is fitted. */
function pathsFor({ source, hardware, cluster }: LedgerPoint, workers: number): GroupPaths {
  const key = `${source} ${hardware} ${workers}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const built = claimedCluster({ cluster, catalog: CATALOG, kernelFactor: 1 }, workers);
  const gpus = built.devices.flatMap(({ model }, index) => (model.kind === 'GPU' ? [index] : []));
  const paths = groupPaths(built, gpus.slice(0, workers));
  known.set(key, paths);
  return paths;
}

function secondsOf({ metric, measured, fields }: LedgerPoint): number {
  if (metric === 'step_time') return measured;
  const { workers, bytes } = fields as { workers: number; bytes: number };
  // All of those that are fitted on are all-reduces.
  return (((2 * (workers - 1)) / workers) * bytes) / measured;
}
