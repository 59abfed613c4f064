import type { ProgressEvent } from '../../scenarios/run.ts';

/** Progress of a task. */
export interface TaskProgress extends ProgressEvent {
  /** Share of the whole work that is done, 0 to 1, as if experiments took equally long. */
  readonly share: number;
}

/** Adds the share of all `experiments` (their names, in order). */
export function withShare(
  experiments: readonly string[],
  onProgress: (progress: TaskProgress) => void,
): (event: ProgressEvent) => void {
  return (event) => {
    const done = event.total === 0 ? 1 : event.done / event.total;
    const share = (experiments.indexOf(event.experiment) + done) / experiments.length;
    onProgress({ ...event, share });
  };
}
