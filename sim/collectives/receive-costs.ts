import { type MessageClock, wholeTicks } from './message-clock.ts';

/** What taking part costs a rank besides the network. */
export interface ReceiveSetting {
  /**
   * Bandwidth of the ranks' memory: adding up n received bytes reads 2 n bytes and writes n. Free unless given.
   */
  readonly memoryBytesPerSecond?: number;
  /** What a rank needs to begin, and to take in each message (the overhead of LogP): 0 unless given. */
  readonly endpointSeconds?: number;
  /** Times are cut to whole ticks where given. */
  readonly clock?: MessageClock;
}

/** Seconds of a rank's stream. */
export interface ReceiveCosts {
  /** Whether there are none. */
  readonly free: boolean;
  readonly begin: number;
  message(bytes: number, reduces: boolean): number;
}

export function receiveCosts({
  memoryBytesPerSecond,
  endpointSeconds = 0,
  clock,
}: ReceiveSetting): ReceiveCosts {
  const cut = (seconds: number): number =>
    clock === undefined ? seconds : wholeTicks(seconds, clock.seconds);
  const begin = cut(endpointSeconds);
  return {
    free: memoryBytesPerSecond === undefined && endpointSeconds === 0,
    begin,
    // Two operands read, one sum written.
    message: (bytes, reduces) =>
      reduces && memoryBytesPerSecond !== undefined ? begin + 3 * cut(bytes / memoryBytesPerSecond) : begin,
  };
}
