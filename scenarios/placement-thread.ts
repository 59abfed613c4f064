// The program of one thread that places: it performs the tasks that it is sent, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../base/errors.ts';
import { type PlacementQuestion, placementSetting } from './placement-question.ts';
import { type PlacementTask, performTask, type ThreadMessage } from './placement-tasks.ts';

const setting = placementSetting(workerData as PlacementQuestion);
const post = (message: ThreadMessage): void => parentPort!.postMessage(message);
parentPort!.on('message', (task: PlacementTask) => {
  let told = 0;
  try {
    const outcome = performTask(setting, task, (share, best) => {
      // Every message wakes the other thread.
      if (performance.now() - told < 100) return;
      told = performance.now();
      post({ share, best });
    });
    post({ outcome });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    post({ refused: error.message });
  }
});
