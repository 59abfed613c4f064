import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type PipelineJob, readPipelineJob } from '../../../sim/traces/pipeline-job.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/steptimes/bytedance-straggler');

/** Traces and published results of two real jobs lie beside the repository; where they do not, tests skip. */
export const havePublishedJobs = existsSync(FOLDER);
export const WITHOUT_JOBS = `skipped without ${FOLDER}`;

export type JobName = 'AR' | 'SE';

/** What the authors' analysis found (its AnalyzerResult): seconds per step by its number, and slow-downs. */
export interface PublishedResult {
  readonly step_t_base: { readonly [step: string]: number };
  readonly step_t_nodelay: { readonly [step: string]: number };
  readonly step_t_noblk: { readonly [step: string]: number };
  readonly blocking_slowdown: number;
  readonly blocking_decompose_by_stage: { readonly [stage: string]: number };
  readonly blocking_decompose_by_dp_rank: { readonly [replica: string]: number };
  readonly blocking_decompose_by_optype: { readonly [op: string]: number };
}

export function publishedJob(name: JobName): PipelineJob {
  const file = `trace-${name}.csv.gz`;
  return readPipelineJob(gunzipSync(readFileSync(join(FOLDER, file))).toString('utf8'), file);
}

export function publishedResult(name: JobName): PublishedResult {
  return JSON.parse(readFileSync(join(FOLDER, `result-${name}.json`), 'utf8'));
}
