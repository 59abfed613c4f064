import { Action } from './activity-graph.ts';
import type { Program, ProgramLoop } from './program.ts';

/** What a loss of devices stops. */
export interface Reach {
  /** Whether variables are lost, so that the whole job goes back to its last checkpoint. */
  readonly restarts: boolean;
  /** The loops that stop: all, where it does. */
  readonly loops: readonly number[];
}

/**
 * How far the loss of devices reaches. The loops on them stop; and with a rank of an exchange all that
 * exchange with it, directly or through others, since they can neither end their step nor have its results (a
 * lost rank ends the whole communicator in MPI and NCCL). Where a lost device holds variables, or any rank of
 * such loops does, the job goes back to its checkpoint: ranks are started together, from one state.
 */
export class FailureReach {
  private readonly program: Program;
  /** Per loop: equal for loops that exchange with each other; −1 for those that exchange nothing. */
  private readonly joint: Int32Array;

  constructor(program: Program) {
    this.program = program;
    this.joint = jointLoops(program);
  }

  of(devices: readonly number[]): Reach {
    const { loops } = this.program;
    const lost = new Set(devices);
    const hit = new Set(loops.flatMap((loop, l) => (this.runsOn(loop, lost) ? [l] : [])));
    const together = new Set(Array.from(hit, (l) => this.joint[l]!).filter((set) => set >= 0));
    const stopped = loops.flatMap((_, l) => (hit.has(l) || together.has(this.joint[l]!) ? [l] : []));
    const restarts =
      devices.some((device) => this.holdsVariables(device)) ||
      stopped.some((l) => this.joint[l]! >= 0 && this.ownsVariables(loops[l]!));
    return { restarts, loops: restarts ? [...loops.keys()] : stopped };
  }

  /** Whether an activity of the loop runs on one of these devices, or sends from or to it. */
  private runsOn({ activities, device, stream }: ProgramLoop, devices: ReadonlySet<number>): boolean {
    const { action, subject, pairs } = activities;
    if (!device.some((one) => devices.has(one))) return false;
    const { streamDevice } = this.program;
    return subject.some((of, node) => {
      if (action[node] !== Action.transfer) return of >= 0 && devices.has(streamDevice[stream[of]!]!);
      return devices.has(device[pairs.from[of]!]!) || devices.has(device[pairs.to[of]!]!);
    });
  }

  /** Whether a device that works for the loop's replica alone holds variables. */
  private ownsVariables({ stream, slowed }: ProgramLoop): boolean {
    return stream.some(
      (line, role) => slowed[role] === 1 && this.holdsVariables(this.program.streamDevice[line]!),
    );
  }

  private holdsVariables(device: number): boolean {
    return (this.program.residentBytes?.[device] ?? 0) > 0;
  }
}

function jointLoops({ loops, exchanges = [] }: Program): Int32Array {
  const parent = new Int32Array(loops.length).fill(-1);
  const root = (loop: number): number => {
    let at = loop;
    while (parent[at] !== at) at = parent[at]!;
    return at;
  };
  for (const { members } of exchanges) {
    for (const { loop } of members) if (parent[loop] === -1) parent[loop] = loop;
    for (const { loop } of members) parent[root(loop)] = root(members[0]!.loop);
  }
  return parent.map((of, loop) => (of === -1 ? -1 : root(loop)));
}
