import { invariant } from '../base/errors.ts';

/** A device's turn: the forward or backward part of one stage on one micro-batch, counted from 0. */
export interface Turn {
  readonly stage: number;
  readonly backward: boolean;
  readonly microBatch: number;
}

/** Per device of a pipeline: its turns, in order. */
export type Schedule = readonly (readonly Turn[])[];

export interface OrderedTurn extends Turn {
  readonly device: number;
}

/** Number of the task that is the forward, or the backward, part of a stage. */
export const taskOf = (stage: number, backward: boolean): number => 2 * stage + (backward ? 1 : 0);

/** The stage of a task. */
export const stageOf = (task: number): number => task >> 1;

/**
 * All turns, each behind those of its device before it and those whose results it takes: of the stage before, or of the one
 * behind on the way back.
 *
 * @throws InternalError where turns wait for each other in a circle, or one is missing.
 */
export function turnsInOrder(schedule: Schedule): OrderedTurn[] {
  const stages = 1 + Math.max(...schedule.flat().map(({ stage }) => stage));
  const done = new Set<string>();
  const key = (stage: number, backward: boolean, microBatch: number): string =>
    `${taskOf(stage, backward)} ${microBatch}`;
  const isReady = ({ stage, backward, microBatch }: Turn): boolean => {
    if (!backward) return stage === 0 || done.has(key(stage - 1, false, microBatch));
    const isLast = stage === stages - 1;
    return done.has(key(stage, false, microBatch)) && (isLast || done.has(key(stage + 1, true, microBatch)));
  };
  const next = schedule.map(() => 0);
  const order: OrderedTurn[] = [];
  for (let before = -1; before < order.length; ) {
    before = order.length;
    for (const [device, turns] of schedule.entries()) {
      for (
        let turn = turns[next[device]!];
        turn !== undefined && isReady(turn);
        turn = turns[next[device]!]
      ) {
        order.push({ ...turn, device });
        done.add(key(turn.stage, turn.backward, turn.microBatch));
        next[device]!++;
      }
    }
  }
  const total = schedule.reduce((sum, turns) => sum + turns.length, 0);
  invariant(order.length === total, `${total - order.length} turns of the schedule cannot be reached`);
  return order;
}
