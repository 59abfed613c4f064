import { FITS } from '../../devices/catalog/fits.ts';
import { deviceIds, findDevice } from '../../devices/catalog/index.ts';
import type { Validation } from '../validation.ts';
import { type CommittedIntervals, learnIntervals } from './intervals.ts';
import type { Ledger } from './load.ts';
import { predictAll } from './predict-all.ts';
import { LEDGER_PREDICTOR } from './predictor.ts';
import { tasksFor } from './tasks.ts';
import { countedResiduals, type ValidateOptions, validationOf } from './validate.ts';

/** On how many threads claims are predicted, which of them, and who is told how far it is. */
export interface RunValidationOptions extends ValidateOptions {
  /** Threads. */
  readonly jobs: number;
  /** Told after each point: how many are done, of how many, and of which source the last was. */
  readonly onProgress?: (done: number, total: number, source: string) => void;
}

/** Predicts all points of ledgers. Equal ledgers give equal results, whatever the number of threads. */
export async function runValidation(
  ledgers: readonly Ledger[],
  options: RunValidationOptions,
): Promise<{ validation: Validation; intervals: CommittedIntervals }> {
  const measuredDevices = devicesWithMeasuredKernels();
  const points = ledgers.flatMap((ledger) => ledger.points);
  const tasks = tasksFor(points, LEDGER_PREDICTOR.kinds, FITS);
  const outcomes = await predictAll(tasks, options);
  const { residuals } = countedResiduals(tasks.map((task, i) => ({ ...task, outcome: outcomes[i]! })));
  const validation = validationOf(ledgers, tasks, outcomes, { ...options, measuredDevices });
  const learnt = learnIntervals(residuals, measuredDevices);
  return { validation, intervals: { ...learnt, coverage: validation.coverage.of } };
}

function devicesWithMeasuredKernels(): string[] {
  return deviceIds.filter((id) =>
    Object.values(findDevice(id).kernels).some(({ from }) => from?.evidence === 'measured'),
  );
}
