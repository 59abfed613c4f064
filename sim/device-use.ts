/**
 * How each device spends simulated time: computing; else communicating, while a transfer to or from it is under
 * way; else waiting. The three sum to the time simulated.
 */
export class DeviceUseMeter {
  readonly compute: Float64Array;
  readonly communication: Float64Array;
  readonly waiting: Float64Array;
  private readonly since: Float64Array;
  /** Ops that compute, transfers under way. */
  private readonly ops: Int32Array;
  private readonly transfers: Int32Array;

  constructor(deviceCount: number) {
    this.compute = new Float64Array(deviceCount);
    this.communication = new Float64Array(deviceCount);
    this.waiting = new Float64Array(deviceCount);
    this.since = new Float64Array(deviceCount);
    this.ops = new Int32Array(deviceCount);
    this.transfers = new Int32Array(deviceCount);
  }

  /** An op begins (+1) or ends (−1) on the device. */
  addOp(device: number, now: number, change: number): void {
    this.account(device, now);
    this.ops[device]! += change;
  }

  /** A transfer begins (+1) or ends (−1) at the device. */
  addTransfer(device: number, now: number, change: number): void {
    this.account(device, now);
    this.transfers[device]! += change;
  }

  /** Seconds in which the device computed up to `now`, which is now. */
  computeUntil(device: number, now: number): number {
    const current = this.ops[device]! > 0 ? now - this.since[device]! : 0;
    return this.compute[device]! + current;
  }

  /** Accounts for all time up to `now`. */
  close(now: number): void {
    for (let device = 0; device < this.since.length; device++) this.account(device, now);
  }

  private account(device: number, now: number): void {
    const seconds = now - this.since[device]!;
    if (seconds === 0) return;
    this.since[device] = now;
    if (this.ops[device]! > 0) this.compute[device]! += seconds;
    else if (this.transfers[device]! > 0) this.communication[device]! += seconds;
    else this.waiting[device]! += seconds;
  }
}
