/**
 * How each device spends simulated time: computing; else communicating, while a transfer to or from it is under
 * way; else waiting. The three sum to the time simulated.
 */
export class DeviceUseMeter {
  readonly compute: Float64Array;
  readonly communication: Float64Array;
  readonly waiting: Float64Array;
  private readonly since: Float64Array;
  private readonly computing: Uint8Array;
  private readonly transfers: Int32Array;

  constructor(deviceCount: number) {
    this.compute = new Float64Array(deviceCount);
    this.communication = new Float64Array(deviceCount);
    this.waiting = new Float64Array(deviceCount);
    this.since = new Float64Array(deviceCount);
    this.computing = new Uint8Array(deviceCount);
    this.transfers = new Int32Array(deviceCount);
  }

  setComputing(device: number, now: number, computing: boolean): void {
    this.account(device, now);
    this.computing[device] = computing ? 1 : 0;
  }

  /** A transfer begins (+1) or ends (−1) at the device. */
  addTransfer(device: number, now: number, change: number): void {
    this.account(device, now);
    this.transfers[device]! += change;
  }

  /** Accounts for all time up to `now`. */
  close(now: number): void {
    for (let device = 0; device < this.since.length; device++) this.account(device, now);
  }

  private account(device: number, now: number): void {
    const seconds = now - this.since[device]!;
    this.since[device] = now;
    if (this.computing[device] === 1) this.compute[device]! += seconds;
    else if (this.transfers[device]! > 0) this.communication[device]! += seconds;
    else this.waiting[device]! += seconds;
  }
}
