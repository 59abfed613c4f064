import { partitionedName, partitionedOp } from '../graph/partition.ts';
import type { CompiledLoop } from './compile.ts';

export interface Blocked {
  readonly loop: CompiledLoop;
  readonly node: number;
  readonly waitsFor: string;
}

const SHOWN = 8;

/** Nothing can happen any more, and the plan is not done: the plan's loops wait for each other. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
  readonly blocked: readonly Blocked[];

  constructor(seconds: number, blocked: readonly Blocked[]) {
    const lines = blocked.slice(0, SHOWN).map(({ loop, node, waitsFor }) => {
      const { template } = loop;
      return `${loop.loop.name}: ${partitionedName(template, node)} (${partitionedOp(template, node)}) waits for ${waitsFor}`;
    });
    if (blocked.length > SHOWN) lines.push(`and ${blocked.length - SHOWN} more`);
    super(
      `deadlock after ${seconds} simulated seconds; ${blocked.length} nodes are blocked: ${lines.join('; ')}`,
    );
    this.blocked = blocked;
  }
}
