/**
 * The downward-closed sets ("ideals") of a partial order: with each element, all elements before it. They are numbered by
 * size, 0 is the empty set, the last one is everything. A set is contiguous exactly if it is the difference of two of them.
 */
export interface IdealLattice {
  readonly count: number;
  /** CSR: what each ideal becomes when one of its last elements is taken away, and which. */
  readonly downStart: Int32Array;
  readonly below: Int32Array;
  readonly without: Int32Array;
}

/** undefined where there are more than `most` ideals. `previous` and `next`: per element, others in topological order. */
export function idealLattice(
  previous: readonly (readonly number[])[],
  next: readonly (readonly number[])[],
  most: number,
): IdealLattice | undefined {
  const n = previous.length;
  const width = Math.max(1, Math.ceil(n / 32));
  const codes = hashCodes(n);
  let words = new Int32Array(width * 1024);
  const hashes: number[] = [0];
  /** Per ideal: elements that may be added. */
  const open: number[][] = [previous.flatMap((before, v) => (before.length === 0 ? [v] : []))];
  const down: number[][] = [[]];
  const size: number[] = [0];
  const candidate = new Int32Array(width);
  const has = (v: number): boolean => (candidate[v >> 5]! & (1 << (v & 31))) !== 0;
  const same = (id: number): boolean => {
    for (let w = 0; w < width; w++) if (words[id * width + w] !== candidate[w]) return false;
    return true;
  };
  /** Of the ideals with one element more than the one that grows now. */
  let byHash = new Map<number, number[]>();
  for (let id = 0; id < open.length; id++) {
    if (size[id] !== size[id - 1]) byHash = new Map();
    for (const v of open[id]!) {
      candidate.set(words.subarray(id * width, (id + 1) * width));
      candidate[v >> 5]! |= 1 << (v & 31);
      const hash = hashes[id]! ^ codes[v]!;
      const alike = byHash.get(hash) ?? [];
      let grown = alike.find(same);
      if (grown === undefined) {
        grown = open.length;
        if (grown === most) return undefined;
        alike.push(grown);
        byHash.set(hash, alike);
        if ((grown + 1) * width > words.length) {
          const more = new Int32Array(2 * words.length);
          more.set(words);
          words = more;
        }
        words.set(candidate, grown * width);
        hashes.push(hash);
        size.push(size[id]! + 1);
        down.push([]);
        const added = next[v]!.filter((w) => previous[w]!.every(has));
        open.push([...open[id]!.filter((w) => w !== v), ...added]);
      }
      down[grown]!.push(id, v);
    }
    open[id] = [];
  }
  const count = down.length;
  const downStart = new Int32Array(count + 1);
  for (let id = 0; id < count; id++) downStart[id + 1] = downStart[id]! + down[id]!.length / 2;
  const below = new Int32Array(downStart[count]!);
  const without = new Int32Array(below.length);
  for (let id = 0, e = 0; id < count; id++) {
    for (let i = 0; i < down[id]!.length; i += 2, e++) {
      below[e] = down[id]![i]!;
      without[e] = down[id]![i + 1]!;
    }
  }
  return { count, downStart, below, without };
}

/** 32 well mixed bits per element (Murmur3's finalizer). */
function hashCodes(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => {
    let h = Math.imul(i + 1, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  });
}
