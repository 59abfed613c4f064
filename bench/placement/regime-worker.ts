import { parentPort, workerData } from 'node:worker_threads';
import { measureRegime, type RegimeOptions } from './regime-measurement.ts';
import { REGIME_CASES } from './regimes.ts';

/** Measures the cases whose numbers it is sent, one after another. */
parentPort!.on('message', (at: number) => {
  parentPort!.postMessage([at, measureRegime(REGIME_CASES[at]!, workerData as RegimeOptions)]);
});
