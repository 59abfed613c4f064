import type { Profile } from '../../devices/profile.ts';
import { ThreadedSession } from '../../executor/device-threads/threaded-session.ts';
import { wasmExecutor } from '../../executor/wasm/executor.ts';
import { localStep } from './local-step.ts';
import { authoredModel, type LocalModel, modelWords } from './models.ts';
import { predictStep } from './predict-step.ts';
import { QuietTimes, type Repeats } from './quiet-times.ts';
import { compileWell, TimedSession } from './timed-session.ts';
import { twoHalves } from './two-halves.ts';

/** A step that was predicted and then run. */
export interface LocalRow {
  readonly name: string;
  readonly predictedSeconds: number;
  readonly measuredSeconds: number;
}

export interface LocalScore {
  readonly rows: readonly LocalRow[];
  /** Mean of |predicted / measured − 1|. */
  readonly meanError: number;
  /** Mean of predicted / measured − 1. */
  readonly bias: number;
}

export function scoreOf(rows: readonly LocalRow[]): LocalScore {
  const errors = rows.map(({ predictedSeconds, measuredSeconds }) => predictedSeconds / measuredSeconds - 1);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return { rows, meanError: mean(errors.map(Math.abs)), bias: mean(errors) };
}

type OnProgress = (name: string, done: number, total: number) => void;

const RUNS: Repeats = { samples: 15, mostSamples: 300, seconds: 1.5 };
const QUICK_RUNS: Repeats = { samples: 8, mostSamples: 100, seconds: 0.4 };

/** Predicts each model's step by the profile, then runs it on as many threads as the profile is of. */
export function validateThreads(
  models: readonly LocalModel[],
  profile: Profile,
  quick: boolean,
  onProgress: OnProgress,
): LocalScore {
  compileWell();
  const backend = wasmExecutor({ threads: profile.threads ?? 1 });
  backend.start();
  try {
    const quiet = new QuietTimes(backend, profile.referenceSeconds);
    const rows = models.map((model, done): LocalRow => {
      onProgress(modelWords(model), done, models.length);
      const step = localStep(authoredModel(model));
      const predictedSeconds = predictStep(step, profile);
      const session = new TimedSession(step, backend, quiet);
      const measuredSeconds = session.stepSeconds(quick ? QUICK_RUNS : RUNS);
      session.close();
      return { name: modelWords(model), predictedSeconds, measuredSeconds };
    });
    return scoreOf(rows);
  } finally {
    backend.close();
  }
}

/** Predicts each model's training step cut between two devices, then runs it with a thread per device. */
export async function validateDevices(
  models: readonly LocalModel[],
  profile: Profile,
  quick: boolean,
  onProgress: OnProgress,
): Promise<LocalScore> {
  compileWell();
  const rows: LocalRow[] = [];
  const quiet = new QuietTimes(wasmExecutor({ threads: 1 }), profile.referenceSeconds);
  for (const model of models) {
    onProgress(modelWords(model), rows.length, models.length);
    const authored = authoredModel(model);
    const step = localStep(authored, twoHalves(authored.graph, authored.loss));
    const predictedSeconds = predictStep(step, profile);
    const session = new ThreadedSession(step.graph, { placement: step.placement });
    try {
      // The first runs make variables and compile.
      for (let run = 0; run < WARM_UP; run++) await session.run(step.request);
      const repeats = quick ? QUICK_RUNS : RUNS;
      const { seconds } = await quiet.samplesOfThreads(repeats, () => session.run(step.request));
      rows.push({ name: modelWords(model), predictedSeconds, measuredSeconds: seconds });
    } finally {
      await session.close();
    }
  }
  return scoreOf(rows);
}

const WARM_UP = 6;
