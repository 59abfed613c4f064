import { DeviceTimeline } from './device-timeline.ts';
import type { PlacementProblem } from './problem.ts';

/**
 * Transfers in a schedule under construction where each device sends one tensor at a time (contention as in Sinnen &
 * Sousa 2005, IEEE TPDS 16(6), with the sending side of each device as the only contended link). A tensor that was sent
 * to a device once is there for all readers. Signals, without bytes, do not queue.
 */
export class SendQueues {
  private readonly problem: PlacementProblem;
  private readonly sending: readonly DeviceTimeline[];
  /** `[tensor * deviceCount + device]`: when a copy arrives; −1 for none. */
  private readonly copyAt: Float64Array;
  /** Per device, while the inputs of one task are taken one after another: end of what it sends for the task. */
  private readonly sentUntil: Float64Array;

  constructor(problem: PlacementProblem) {
    const { deviceCount, tensorCount } = problem;
    this.problem = problem;
    this.sending = Array.from({ length: deviceCount }, () => new DeviceTimeline(true));
    this.copyAt = new Float64Array(deviceCount * tensorCount).fill(-1);
    this.sentUntil = new Float64Array(deviceCount);
  }

  /**
   * When all inputs of the task are on the device, `finish` being that of their producers, which run on `deviceOf`.
   * `book`: whether to send them; else this asks what would be.
   */
  inputsOn(
    task: number,
    device: number,
    deviceOf: (producer: number) => number,
    finish: Float64Array,
    book: boolean,
  ): number {
    const { sentUntil, sending, copyAt } = this;
    const { inputStart, input, producer, bytes, deviceCount, latencySeconds, secondsPerByte } = this.problem;
    sentUntil.fill(0);
    let last = 0;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      const at = deviceOf(from);
      let arrival = finish[from]!;
      if (at !== device) {
        const copy = tensor * deviceCount + device;
        if (copyAt[copy]! >= 0) arrival = copyAt[copy]!;
        else {
          const wire = bytes[tensor]! * secondsPerByte[at * deviceCount + device]!;
          if (wire > 0) {
            const begin = sending[at]!.earliestStart(Math.max(arrival, sentUntil[at]!), wire);
            arrival = begin + wire;
            sentUntil[at] = arrival;
            if (book) sending[at]!.occupy(begin, arrival);
          }
          arrival += latencySeconds[at * deviceCount + device]!;
          if (book) copyAt[copy] = arrival;
        }
      }
      if (arrival > last) last = arrival;
    }
    return last;
  }
}
