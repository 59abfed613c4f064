/**
 * A number in 0 … 2³² − 1 that depends evenly on four whole numbers: MurmurHash3 (x86, 32 bits; Austin Appleby, in the
 * public domain) of them as 32-bit words. Switches spread flows over equal routes by such hashes.
 */
export function flowHash(a: number, b: number, c: number, d: number): number {
  let hash = mixed(mixed(mixed(mixed(0, a), b), c), d) ^ 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
