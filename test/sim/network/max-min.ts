/*
 * The reference for the fluid network: every rate from scratch at every event, flow by flow, with nothing kept. Slow
 * and short; what it says is what fluid sharing means here.
 */

/**
 * Max-min fair rates by progressive filling (Bertsekas & Gallager, Data Networks, §6.5.2): raise the rates of all
 * flows together until a link is full, freeze the flows on it, go on with the others.
 */
export function maxMinRates(capacities: readonly number[], paths: readonly (readonly number[])[]): number[] {
  const rates = paths.map(() => -1);
  const left = [...capacities];
  const waiting = capacities.map(() => 0);
  for (const path of paths) for (const link of path) waiting[link]!++;
  for (let frozen = 0; frozen < paths.length; ) {
    let full = -1;
    for (let link = 0; link < left.length; link++) {
      if (waiting[link] === 0) continue;
      if (full < 0 || left[link]! / waiting[link]! < left[full]! / waiting[full]!) full = link;
    }
    const share = Math.max(0, left[full]! / waiting[full]!);
    for (const [flow, path] of paths.entries()) {
      if (rates[flow]! >= 0 || !path.includes(full)) continue;
      rates[flow] = share;
      frozen++;
      for (const link of path) {
        left[link]! -= share;
        waiting[link]!--;
      }
    }
  }
  return rates;
}

/** A message over the links of `path`, sent at `start`; given up at `cancel`, where it is under way then. */
export interface Message {
  readonly path: readonly number[];
  readonly bytes: number;
  readonly start: number;
  readonly cancel?: number;
}

/** From `at` on, `link` runs at `factor` times its capacity. */
export interface SpeedChange {
  readonly at: number;
  readonly link: number;
  readonly factor: number;
}

export interface Script {
  readonly capacities: readonly number[];
  readonly latencies: readonly number[];
  readonly messages: readonly Message[];
  readonly speeds: readonly SpeedChange[];
}

export interface Outcome {
  /** Per message: when it arrived; NaN where it was given up, Infinity where it never does. */
  readonly finish: number[];
  /** Per link: bytes carried. */
  readonly bytes: number[];
  /** Per link: seconds with a message on it, until nothing can happen any more. */
  readonly busySeconds: number[];
}

/** What becomes of a script, with the whole network solved anew at every event. */
export function naiveFluid({ capacities, latencies, messages, speeds }: Script): Outcome {
  const capacity = [...capacities];
  const joins = messages.map(({ path, start }) => path.reduce((t, link) => t + latencies[link]!, 0) + start);
  const left = messages.map(({ bytes }) => bytes);
  const finish = messages.map(() => Number.POSITIVE_INFINITY);
  const bytes = capacities.map(() => 0);
  const busySeconds = capacities.map(() => 0);
  const waiting = new Set(messages.keys());
  let flowing: number[] = [];
  const agenda = [
    ...speeds.map(({ at }) => at),
    ...messages.flatMap(({ cancel }) => (cancel === undefined ? [] : [cancel])),
    ...joins,
  ];
  let now = -1;
  for (;;) {
    const rates = maxMinRates(
      capacity,
      flowing.map((m) => messages[m]!.path),
    );
    let next = Number.POSITIVE_INFINITY;
    for (const at of agenda) if (at > now && at < next) next = at;
    for (const [k, m] of flowing.entries()) {
      // What rounding leaves of a message must not take longer than the clock can tell.
      if (rates[k]! > 0) next = Math.min(next, now + left[m]! / rates[k]!);
    }
    if (next === Number.POSITIVE_INFINITY) return { finish, bytes, busySeconds };
    const seconds = next - now;
    const busy = new Set<number>();
    for (const [k, m] of flowing.entries()) {
      left[m]! -= rates[k]! * seconds;
      for (const link of messages[m]!.path) {
        bytes[link]! += rates[k]! * seconds;
        busy.add(link);
      }
    }
    for (const link of busy) busySeconds[link]! += seconds;
    now = next;
    for (const m of flowing) if (left[m]! <= 1e-12 * messages[m]!.bytes) finish[m] = now;
    flowing = flowing.filter((m) => finish[m] === Number.POSITIVE_INFINITY);
    for (const { at, link, factor } of speeds) if (at === now) capacity[link] = capacities[link]! * factor;
    for (const m of waiting) {
      if (messages[m]!.cancel === now) finish[m] = Number.NaN;
      else if (joins[m] !== now) continue;
      else if (messages[m]!.bytes === 0) finish[m] = now;
      else flowing.push(m);
      waiting.delete(m);
    }
    for (const m of flowing) if (messages[m]!.cancel === now) finish[m] = Number.NaN;
    flowing = flowing.filter((m) => finish[m] === Number.POSITIVE_INFINITY);
  }
}
