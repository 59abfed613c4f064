import { mean } from '../base/statistics.ts';
import type { PipelineJob } from '../sim/traces/pipeline-job.ts';
import {
  quantileTable,
  type RelativeDurations,
  relativeDurations,
  type SpreadComponents,
  spreadComponents,
} from '../sim/traces/pipeline-job-spread.ts';

/** A file of sim/disturbances/empirical/. */
export interface EmpiricalTable {
  readonly id: string;
  readonly source: string;
  /** What one draw is for: the spread of this job comes with its workers, or with its micro-batches. */
  readonly drawnPer: 'worker' | 'micro-batch';
  /** Relative durations (1 is the median op of its type and stage) at equally spaced probabilities from 0 to 1. */
  readonly quantiles: readonly number[];
}

const POINTS = 201;
const DATA = 'ByteDance Seed, StragglerAnalysis, data/trace-%.parquet (Apache-2.0)';
const PAPER =
  'Lin et al., Understanding Stragglers in Large Model Training Using What-if Analysis, OSDI 2025, arXiv:2505.05713';

/** The tables in sim/disturbances/empirical/, made from the traces of the jobs AR and SE. */
export function stragglerTables(ar: PipelineJob, se: PipelineJob): readonly EmpiricalTable[] {
  return [
    table(
      'bytedance-ar',
      'AR',
      'worker',
      'forward and backward passes of 16 workers, one of which is slow',
      relativeDurations(ar),
    ),
    table(
      'bytedance-ar-healthy',
      'AR',
      'micro-batch',
      'forward and backward passes of its 15 healthy workers',
      relativeDurations(ar, (replica, stage) => replica !== 0 || stage !== 0),
    ),
    table(
      'bytedance-se',
      'SE',
      'micro-batch',
      'forward and backward passes of 64 workers, on micro-batches of sequences of unequal length',
      relativeDurations(se),
    ),
  ];
}

function table(
  id: string,
  job: string,
  drawnPer: EmpiricalTable['drawnPer'],
  of: string,
  durations: RelativeDurations,
): EmpiricalTable {
  const source = `${DATA.replace('%', job)}: ${of}, each over the median of its type and stage. ${PAPER}`;
  const quantiles = quantileTable(durations.ratio, POINTS).map((q) => Number(q.toPrecision(6)));
  return { id, source, drawnPer, quantiles };
}

/** Lines that say what the spread of the two jobs comes with. */
export function spreadReport(ar: PipelineJob, se: PipelineJob): readonly string[] {
  return [
    line('AR', relativeDurations(ar)),
    line(
      'AR, replicas 1-3',
      relativeDurations(ar, (replica) => replica > 0),
    ),
    line('SE', relativeDurations(se)),
  ];
}

function line(name: string, durations: RelativeDurations): string {
  const components: SpreadComponents = spreadComponents(durations);
  const total = Object.values(components).reduce((sum: number, variance: number) => sum + variance, 0);
  const shares = Object.entries(components).map(
    ([what, variance]) => `${what} ${((100 * variance) / total).toFixed(1)} %`,
  );
  const { ratio } = durations;
  const worst = ratio.reduce((a, b) => Math.max(a, b));
  const deviation = Math.sqrt(total).toFixed(4);
  return `${name}: sd of ln ${deviation}, mean ${mean(ratio).toFixed(3)}, worst ${worst.toFixed(2)}; ${shares.join(', ')}`;
}
