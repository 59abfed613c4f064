import { invariant } from '../base/errors.ts';
import { VariableStore } from '../executor/variables.ts';
import type { VariableAttrs } from '../graph/ops/state.ts';
import { type Loop, nameIn, type Plan, variableIn } from '../graph/plan.ts';
import { type Tensor, zeros } from '../graph/tensor.ts';
import { elementCount } from '../graph/tensor-spec.ts';

/** What a plan holds of a variable: all of it, a block of it from `origin` on, or a stretch of its elements in one row. */
interface Piece {
  /** Under which name the plan's loops hold it. */
  readonly held: string;
  readonly shape: readonly number[];
  readonly whole: readonly number[];
  readonly origin?: readonly number[];
  readonly firstElement?: number;
}

/**
 * The variables of the model that a plan trains, under the names and in the shapes that they have on one device. Of copies
 * (each worker's, or a further stage's) the first counts; parts by rows, by tensor ranks or by shards are put together.
 * Variables that no loop has read yet are not there: whoever reads them gives them the value that the loops would.
 */
export function trainedVariables(plan: Plan): (held: VariableStore) => VariableStore {
  const pieces = piecesOf(plan);
  const isPlain = [...pieces].every(([name, [piece, ...others]]) => {
    return others.length === 0 && piece!.held === name && isWhole(piece!);
  });
  if (isPlain) return (held) => held;
  return (held) => {
    const trained = new VariableStore();
    for (const [name, parts] of pieces) {
      const value = assembled(name, parts, held);
      if (value !== undefined) trained.writeVariable(name, value);
    }
    return trained;
  };
}

/** By the name on one device: pieces that make up the variable, each element in one of them. */
function piecesOf({ loops }: Plan): Map<string, Piece[]> {
  const own = new Map<string, Piece[]>();
  const copies = new Map<string, Piece[]>();
  for (const loop of loops) {
    const { graph } = loop.template;
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.op[node] !== 'Variable') continue;
      const attrs = graph.attrs[node] as unknown as VariableAttrs;
      const held = variableIn(graph.name[node]!, loop);
      if (attrs.initializer === 'copy') addPiece(copies, attrs.copy!.of, shardOf(held, attrs, loop));
      else addPiece(own, attrs.drawnAs ?? graph.name[node]!, pieceOf(held, attrs));
    }
  }
  // What begins as a copy is beside the variable (a float32 copy, say), unless there is nothing else.
  for (const [name, shards] of copies) if (!own.has(name)) own.set(name, shards);
  return own;
}

function addPiece(pieces: Map<string, Piece[]>, name: string, piece: Piece): void {
  const known = pieces.get(name) ?? [];
  pieces.set(name, known);
  const isThere = known.some(
    ({ origin, firstElement }) =>
      origin?.join() === piece.origin?.join() && firstElement === piece.firstElement,
  );
  if (!isThere) known.push(piece);
}

function pieceOf(held: string, { shape, whole, origin }: VariableAttrs): Piece {
  return { held, shape, whole: whole ?? shape, origin: whole === undefined ? shape.map(() => 0) : origin! };
}

function shardOf(held: string, { shape, copy }: VariableAttrs, loop: Loop): Piece {
  const { attrs, part } = copy!;
  invariant(attrs.whole === undefined, `${held} is a stretch of a part: such plans are not evaluated`);
  return { held, shape, whole: attrs.shape, firstElement: Number(nameIn(part, loop)) * elementCount(shape) };
}

function isWhole({ shape, whole, firstElement }: Piece): boolean {
  return firstElement === undefined && shape.join() === whole.join();
}

/** Undefined where no piece has a value yet. */
function assembled(name: string, pieces: readonly Piece[], held: VariableStore): Tensor | undefined {
  const values = pieces.map((piece) => held.readVariable(piece.held));
  if (values.every((value) => value === undefined)) return undefined;
  if (isWhole(pieces[0]!)) return values[0];
  const result = zeros(values.find((value) => value !== undefined)!.spec.dtype, pieces[0]!.whole);
  for (const [i, piece] of pieces.entries()) {
    invariant(values[i] !== undefined, `${piece.held}, a part of ${name}, was never read`);
    if (piece.firstElement === undefined) writeBlock(result, piece, values[i]);
    else writeStretch(result, piece.firstElement, values[i]);
  }
  return result;
}

/** A stretch beyond the end of the variable is filled up. */
function writeStretch({ data }: Tensor, first: number, part: Tensor): void {
  const length = Math.max(0, Math.min(part.data.length, data.length - first));
  (data as Float32Array).set(part.data.subarray(0, length) as Float32Array, first);
}

function writeBlock({ data }: Tensor, { shape, whole, origin }: Piece, part: Tensor): void {
  const rowLength = shape.at(-1) ?? 1;
  const rows = elementCount(shape) / Math.max(1, rowLength);
  for (let row = 0; row < rows; row++) {
    // Where the row begins, from its indices on all axes but the last.
    let [rest, stride, start] = [row, whole.at(-1) ?? 1, origin!.at(-1) ?? 0];
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      start += (origin![axis]! + (rest % shape[axis]!)) * stride;
      rest = Math.floor(rest / shape[axis]!);
      stride *= whole[axis]!;
    }
    const values = part.data.subarray(row * rowLength, (row + 1) * rowLength);
    (data as Float32Array).set(values as Float32Array, start);
  }
}
