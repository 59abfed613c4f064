/** `to`, a longer array of the same kind, with the elements of `from` at its beginning. */
export function grown<T extends Float64Array | Int32Array | Uint8Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
