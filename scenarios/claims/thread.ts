// The program of one thread of `stepcast validate`: it predicts the points that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { pointPredictor } from './predict-point.ts';
import { LEDGER_PREDICTOR } from './predictor.ts';
import type { PointTask } from './tasks.ts';

const predict = pointPredictor(LEDGER_PREDICTOR);
parentPort!.on('message', (task: PointTask) => parentPort!.postMessage(predict(task)));
