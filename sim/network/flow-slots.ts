// Hot file: every transfer passes here. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/**
 * What is known of each message that is under way, in slots that are used again: memory grows with the messages that
 * are under way together; per transfer there is one number.
 */
export class FlowSlots {
  transfer = new Int32Array(64);
  route = new Int32Array(64);
  /** Bytes of the message. */
  bytes = new Float64Array(64);
  state = new Uint8Array(64);
  private used = 0;
  private free = new Int32Array(64);
  private freeCount = 0;
  /** Per transfer: its slot, or −1. */
  private slotOf = new Int32Array(64).fill(-1);

  get capacity(): number {
    return this.state.length;
  }

  /** The slot of a transfer; −1 where it is not under way. */
  of(transfer: number): number {
    return this.slotOf[transfer] ?? -1;
  }

  take(transfer: number): number {
    if (transfer >= this.slotOf.length) {
      const before = this.slotOf.length;
      const longer = new Int32Array(Math.max(transfer + 1, 2 * before));
      this.slotOf = grown(longer, this.slotOf).fill(-1, before);
    }
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.used++;
    if (slot === this.state.length) this.grow(2 * slot);
    this.slotOf[transfer] = slot;
    this.transfer[slot] = transfer;
    return slot;
  }

  release(slot: number): void {
    this.slotOf[this.transfer[slot]!] = -1;
    this.free[this.freeCount++] = slot;
  }

  private grow(capacity: number): void {
    this.transfer = grown(new Int32Array(capacity), this.transfer);
    this.route = grown(new Int32Array(capacity), this.route);
    this.bytes = grown(new Float64Array(capacity), this.bytes);
    this.state = grown(new Uint8Array(capacity), this.state);
    this.free = grown(new Int32Array(capacity), this.free);
  }
}
