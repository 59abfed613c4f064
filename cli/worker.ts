import { availableParallelism } from 'node:os';
import { printable } from '../base/text.ts';
import { TAG } from '../scenarios/sweep/queue/queue-name.ts';
import { parseRedisAddress } from '../scenarios/sweep/queue/redis-address.ts';
import { type WorkProgress, workOnQueue } from '../scenarios/sweep/queue/work-on-queue.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';

export interface WorkerOptions {
  readonly redis: string;
  readonly queue: string;
  readonly jobs?: number;
  readonly idle?: number;
  readonly lock?: number;
  readonly json?: boolean;
}

/** `stepcast worker`: what it does on stderr, until a signal comes; a second one ends it at once. */
export async function worker(options: WorkerOptions): Promise<void> {
  const { redis, queue, jobs = availableParallelism(), idle, lock, json = false } = options;
  const { shown } = parseRedisAddress(redis);
  const progress = progressOn(process.stderr);
  const say = (line: string): void => {
    progress.end();
    process.stderr.write(`${printable(line)}\n`);
  };
  let last: WorkProgress | undefined;
  const { signal, off } = untilSignal(() => {
    say(`finishing ${runs(last?.underWay ?? 0)}, then leaving; once more ends it at once`);
  });
  try {
    const { done, failed } = await workOnQueue({
      redis,
      queue,
      jobs,
      signal,
      ...(idle !== undefined && { idleSeconds: idle }),
      ...(lock !== undefined && { lockSeconds: lock }),
      onNotice: say,
      onProgress: (now) => {
        if (last === undefined) {
          const others = `queue ${queue} at ${shown}: up to ${runs(jobs)} at once`;
          say(`stepcast ${TAG} takes runs of ${others}; Ctrl-C finishes them and leaves`);
        }
        last = now;
        progress.show('working', `: ${runs(now.done)} done, ${now.underWay} under way`);
      },
    });
    progress.end();
    if (json) printJson({ runs: done, failedAttempts: failed });
    else process.stdout.write(`${runs(done)} done${failed > 0 ? `, ${failed} attempts failed` : ''}\n`);
  } finally {
    off();
    progress.end();
  }
}

/** Aborts at the first SIGINT or SIGTERM; a second one ends the program, as it would without this. */
function untilSignal(onFirst: () => void): { readonly signal: AbortSignal; readonly off: () => void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM'] as const;
  const off = (): void => {
    for (const name of names) process.off(name, handler);
  };
  function handler(): void {
    off();
    onFirst();
    controller.abort();
  }
  for (const name of names) process.on(name, handler);
  return { signal: controller.signal, off };
}

function runs(count: number): string {
  return `${count} ${count === 1 ? 'run' : 'runs'}`;
}
