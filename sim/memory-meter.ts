import type { Cluster } from '../devices/cluster.ts';
import type { Program } from './program.ts';

/** The first time that a device had less memory than it needed. */
export interface OutOfMemory {
  readonly device: number;
  readonly loop: number;
  /** The activity that asked, in the loop. */
  readonly activity: number;
  readonly seconds: number;
  /** Bytes that it asked for. */
  readonly bytes: number;
  /** Bytes in use before, the allocator's overhead included. */
  readonly used: number;
  readonly capacity: number;
}

/** Part of what was live at a device's peak. */
export interface LiveBlock {
  readonly loop: number;
  /** The activity that made it, in the loop. */
  readonly activity: number;
  readonly bytes: number;
}

export interface MemoryUse {
  /** Per device: bytes of variables and accumulators, there throughout. */
  readonly residentBytes: Float64Array;
  /** Per device: most live bytes at once, residents included, and when that was first. */
  readonly peakBytes: Float64Array;
  readonly peakSeconds: Float64Array;
  /** Per device: the peak with what the runtime reserves and the allocator wastes. */
  readonly footprintBytes: Float64Array;
  /** Per device: what was live at the peak besides residents, largest first (at most 20). */
  readonly atPeak: readonly (readonly LiveBlock[])[];
  /** Live bytes over time of what was recorded: per device, times and bytes from then on. */
  readonly overTime: readonly { readonly seconds: readonly number[]; readonly bytes: readonly number[] }[];
  readonly outOfMemory: OutOfMemory | undefined;
}

const LISTED = 20;

/**
 * Accounts for memory: a block is live from the start of the node that allocates it to the end of the last node that
 * reads it; residents always. The footprint is `reserved + fragmentation · live` of the device's catalog entry
 * (`live` where it has none), and is what must fit.
 */
export class MemoryMeter {
  private readonly program: Program;
  private readonly live: Float64Array;
  private readonly peak: Float64Array;
  private readonly peakSeconds: Float64Array;
  private readonly capacity: Float64Array;
  private readonly reserved: Float64Array;
  private readonly fragmentation: Float64Array;
  /** Per loop: where its blocks begin in `readsLeft` and `allocatedAt`. */
  private readonly base: Int32Array;
  private readonly readsLeft: Int32Array;
  /**
   * Allocations and frees are counted from 1. Per block, the numbers of its last allocation and free (Infinity while
   * it is live); per device, that of the allocation that made its peak. What was live at the peak follows from these.
   */
  private count = 0;
  private readonly allocatedAt: Float64Array;
  private readonly freedAt: Float64Array;
  private readonly peakAt: Float64Array;
  /** Per device: blocks that were live at the peak and have been allocated anew since. */
  private readonly seenAtPeak: number[][];
  private readonly overTime: { seconds: number[]; bytes: number[] }[];
  private recording = false;
  private outOfMemory: OutOfMemory | undefined;

  constructor(program: Program, cluster: Cluster) {
    const devices = cluster.devices.length;
    this.program = program;
    this.live = program.residentBytes?.slice() ?? new Float64Array(devices);
    this.peak = this.live.slice();
    this.peakSeconds = new Float64Array(devices);
    this.capacity = Float64Array.from(cluster.devices, ({ model }) => model.memoryBytes.value);
    this.reserved = Float64Array.from(
      cluster.devices,
      ({ model }) => model.memoryOverhead?.reservedBytes.value ?? 0,
    );
    this.fragmentation = Float64Array.from(
      cluster.devices,
      ({ model }) => model.memoryOverhead?.fragmentation.value ?? 1,
    );
    this.base = new Int32Array(program.loops.length + 1);
    for (const [l, { memory }] of program.loops.entries()) {
      this.base[l + 1] = this.base[l]! + (memory?.blockBytes.length ?? 0);
    }
    this.readsLeft = new Int32Array(this.base[program.loops.length]!);
    this.allocatedAt = new Float64Array(this.readsLeft.length);
    this.freedAt = new Float64Array(this.readsLeft.length);
    this.peakAt = new Float64Array(devices);
    this.seenAtPeak = Array.from({ length: devices }, () => []);
    this.overTime = Array.from({ length: devices }, () => ({ seconds: [], bytes: [] }));
    for (let device = 0; device < devices; device++) this.check(device, 0, 0, 0, 0);
  }

  setRecording(on: boolean, now: number): void {
    this.recording = on;
    for (const [device, { seconds, bytes }] of this.overTime.entries()) {
      seconds.push(now);
      bytes.push(this.live[device]!);
    }
  }

  /** `activity` of loop `l` starts. */
  start(l: number, activity: number, now: number): void {
    const { memory, device } = this.program.loops[l]!;
    if (memory === undefined) return;
    const { start, block } = memory.allocates;
    for (let i = start[activity]!; i < start[activity + 1]!; i++) {
      const own = block[i]!;
      const id = this.base[l]! + own;
      const place = device[memory.blockDevice[own]!]!;
      const bytes = memory.blockBytes[own]!;
      this.readsLeft[id] = memory.blockReads[own]!;
      if (this.wasLiveAtPeak(id, place)) this.seenAtPeak[place]!.push(id);
      this.allocatedAt[id] = ++this.count;
      this.freedAt[id] = Number.POSITIVE_INFINITY;
      this.check(place, l, activity, bytes, now);
      this.live[place]! += bytes;
      if (this.live[place]! > this.peak[place]!) {
        this.peak[place] = this.live[place]!;
        this.peakSeconds[place] = now;
        this.peakAt[place] = this.count;
        this.seenAtPeak[place]!.length = 0;
      }
      if (this.recording) this.note(place, now);
    }
  }

  /** `activity` of loop `l` is done: what nobody will read any more is freed. */
  end(l: number, activity: number, now: number): void {
    const { memory } = this.program.loops[l]!;
    if (memory === undefined) return;
    const { allocates, reads } = memory;
    for (let i = reads.start[activity]!; i < reads.start[activity + 1]!; i++) {
      const own = reads.block[i]!;
      if (--this.readsLeft[this.base[l]! + own]! === 0) this.free(l, own, now);
    }
    for (let i = allocates.start[activity]!; i < allocates.start[activity + 1]!; i++) {
      const own = allocates.block[i]!;
      if (memory.blockReads[own] === 0) this.free(l, own, now);
    }
  }

  /** Loop `l` is given up: all that it had is freed. */
  abort(l: number, now: number): void {
    for (let id = this.base[l]!; id < this.base[l + 1]!; id++) this.free(l, id - this.base[l]!, now);
  }

  finish(now: number): MemoryUse {
    if (this.recording) this.setRecording(false, now);
    return {
      residentBytes: this.program.residentBytes ?? new Float64Array(this.live.length),
      peakBytes: this.peak,
      peakSeconds: this.peakSeconds,
      footprintBytes: this.peak.map(
        (bytes, device) => this.reserved[device]! + this.fragmentation[device]! * bytes,
      ),
      atPeak: this.largestAtPeak(),
      overTime: this.overTime,
      outOfMemory: this.outOfMemory,
    };
  }

  private free(l: number, own: number, now: number): void {
    const id = this.base[l]! + own;
    if (this.freedAt[id] !== Number.POSITIVE_INFINITY) return;
    const { memory, device } = this.program.loops[l]!;
    const place = device[memory!.blockDevice[own]!]!;
    this.freedAt[id] = ++this.count;
    this.live[place]! -= memory!.blockBytes[own]!;
    if (this.recording) this.note(place, now);
  }

  private check(device: number, loop: number, activity: number, bytes: number, seconds: number): void {
    if (this.outOfMemory !== undefined) return;
    // Where nothing lives, the runtime reserves nothing either.
    if (this.live[device]! + bytes === 0) return;
    const used = this.reserved[device]! + this.fragmentation[device]! * this.live[device]!;
    const capacity = this.capacity[device]!;
    if (used + this.fragmentation[device]! * bytes <= capacity) return;
    this.outOfMemory = { device, loop, activity, seconds, bytes, used, capacity };
  }

  private wasLiveAtPeak(id: number, device: number): boolean {
    const peak = this.peakAt[device]!;
    return this.allocatedAt[id]! > 0 && this.allocatedAt[id]! <= peak && this.freedAt[id]! > peak;
  }

  /** Per device: the largest blocks that were live at its peak. */
  private largestAtPeak(): LiveBlock[][] {
    const found = this.seenAtPeak.map((ids) => ids.map((id) => this.liveBlock(id)));
    for (let id = 0; id < this.allocatedAt.length; id++) {
      const l = this.loopOf(id);
      const { memory, device } = this.program.loops[l]!;
      const place = device[memory!.blockDevice[id - this.base[l]!]!]!;
      if (this.wasLiveAtPeak(id, place)) found[place]!.push(this.liveBlock(id));
    }
    return found.map((blocks) =>
      blocks.sort((a, b) => b.bytes - a.bytes || a.loop - b.loop || a.activity - b.activity).slice(0, LISTED),
    );
  }

  private liveBlock(id: number): LiveBlock {
    const l = this.loopOf(id);
    const memory = this.program.loops[l]!.memory!;
    const own = id - this.base[l]!;
    return { loop: l, activity: memory.blockOwner[own]!, bytes: memory.blockBytes[own]! };
  }

  private loopOf(id: number): number {
    let low = 0;
    let high = this.base.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.base[middle]! <= id) low = middle;
      else high = middle;
    }
    return low;
  }

  private note(device: number, now: number): void {
    const { seconds, bytes } = this.overTime[device]!;
    const last = seconds.length - 1;
    if (last >= 0 && seconds[last] === now) bytes[last] = this.live[device]!;
    else {
      seconds.push(now);
      bytes.push(this.live[device]!);
    }
  }
}
