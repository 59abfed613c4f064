// Hot file: see bench/sim/queues.ts. A binary heap on typed arrays.
import { grown } from './grown.ts';

/**
 * Pending events, popped by (time, sequence): events of equal time leave in the order in which they were pushed.
 * An event is a kind and two integers; what they mean is the engine's business.
 */
export class EventQueue {
  /** The event last popped. */
  time = 0;
  kind = 0;
  a = 0;
  b = 0;
  length = 0;
  /** Time of the earliest event; Infinity when there is none. */
  nextTime = Number.POSITIVE_INFINITY;
  private sequence = 0;
  private heapTime = new Float64Array(64);
  private heapSequence = new Float64Array(64);
  private heapSlot = new Int32Array(64);
  private slotKind = new Uint8Array(64);
  private slotA = new Int32Array(64);
  private slotB = new Int32Array(64);
  /** Stack of unused slots. */
  private freeSlots = Int32Array.from({ length: 64 }, (_, i) => i);

  push(time: number, kind: number, a: number, b: number): void {
    if (this.length === this.heapTime.length) this.grow();
    if (time < this.nextTime) this.nextTime = time;
    const { heapTime, heapSequence, heapSlot } = this;
    const slot = this.freeSlots[this.length]!;
    this.slotKind[slot] = kind;
    this.slotA[slot] = a;
    this.slotB[slot] = b;
    let at = this.length++;
    const sequence = this.sequence++;
    // A new event has the highest sequence: it rises above strictly later times only.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heapTime[parent]! <= time) break;
      heapTime[at] = heapTime[parent]!;
      heapSequence[at] = heapSequence[parent]!;
      heapSlot[at] = heapSlot[parent]!;
      at = parent;
    }
    heapTime[at] = time;
    heapSequence[at] = sequence;
    heapSlot[at] = slot;
  }

  /** Moves the earliest event to `time`, `kind`, `a`, `b`. False when there is none. */
  pop(): boolean {
    if (this.length === 0) return false;
    const { heapTime, heapSequence, heapSlot } = this;
    const slot = heapSlot[0]!;
    this.time = heapTime[0]!;
    this.kind = this.slotKind[slot]!;
    this.a = this.slotA[slot]!;
    this.b = this.slotB[slot]!;
    const last = --this.length;
    this.freeSlots[last] = slot;
    if (last === 0) {
      this.nextTime = Number.POSITIVE_INFINITY;
      return true;
    }
    const time = heapTime[last]!;
    const sequence = heapSequence[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (
        right < last &&
        (heapTime[right]! < heapTime[child]! ||
          (heapTime[right]! === heapTime[child]! && heapSequence[right]! < heapSequence[child]!))
      ) {
        child = right;
      }
      if (heapTime[child]! > time || (heapTime[child]! === time && heapSequence[child]! > sequence)) break;
      heapTime[at] = heapTime[child]!;
      heapSequence[at] = heapSequence[child]!;
      heapSlot[at] = heapSlot[child]!;
      at = child;
    }
    heapTime[at] = time;
    heapSequence[at] = sequence;
    heapSlot[at] = heapSlot[last]!;
    this.nextTime = heapTime[0]!;
    return true;
  }

  private grow(): void {
    const capacity = 2 * this.heapTime.length;
    this.heapTime = grown(new Float64Array(capacity), this.heapTime);
    this.heapSequence = grown(new Float64Array(capacity), this.heapSequence);
    this.heapSlot = grown(new Int32Array(capacity), this.heapSlot);
    this.slotKind = grown(new Uint8Array(capacity), this.slotKind);
    this.slotA = grown(new Int32Array(capacity), this.slotA);
    this.slotB = grown(new Int32Array(capacity), this.slotB);
    const freeSlots = grown(new Int32Array(capacity), this.freeSlots);
    for (let slot = this.length; slot < capacity; slot++) freeSlots[slot] = slot;
    this.freeSlots = freeSlots;
  }
}
