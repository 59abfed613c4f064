import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import { EXACT_BYTES, EXACT_SECONDS } from './marks.ts';
import { type ChakraNode, NodeType } from './schema.ts';

/** What a device does with nodes whose time was not measured. */
export interface ChakraMachine {
  /** Time of arithmetic = max(num_ops / flopsPerSecond, tensor_size / bytesPerSecond). */
  readonly roofline?: { readonly flopsPerSecond: number; readonly bytesPerSecond: number };
  /** Of the memory that load and store nodes reach. */
  readonly memoryBytesPerSecond?: number;
}

/**
 * Seconds of a compute or memory node: as measured, or else from its size.
 *
 * @throws UserError where its size is known but not how fast the device is.
 */
export function secondsOf(
  node: ChakraNode,
  file: string,
  { roofline, memoryBytesPerSecond }: ChakraMachine,
): number {
  const exact = node.attributes.get(EXACT_SECONDS);
  if (typeof exact === 'number') return exact;
  if (node.durationMicros > 0) return node.durationMicros * 1e-6;
  const bytes = sizeOf(node, file, 'tensor_size') ?? 0;
  if (node.type !== NodeType.compute) {
    if (bytes === 0) return 0;
    if (memoryBytesPerSecond === undefined) throw unmeasured(node, file, "the memory's bandwidth");
    return bytes / memoryBytesPerSecond;
  }
  const operations = sizeOf(node, file, 'num_ops') ?? 0;
  if (bytes === 0 && operations === 0) return 0;
  if (roofline === undefined) throw unmeasured(node, file, "the device's arithmetic rate and bandwidth");
  return Math.max(operations / roofline.flopsPerSecond, bytes / roofline.bytesPerSecond);
}

/** How messages call a node. */
export const calledNode = ({ id, name }: ChakraNode, file: string): string =>
  `${file}: node ${id} (${quoted(name)})`;

function unmeasured(node: ChakraNode, file: string, what: string): UserError {
  return new UserError(`${calledNode(node, file)} has a size but no duration; give ${what}`);
}

/** A whole number of 0 or more among the attributes; undefined where it is not given. */
export function sizeOf(node: ChakraNode, file: string, attribute: string): number | undefined {
  const value = node.attributes.get(attribute);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new UserError(`${calledNode(node, file)}: ${attribute} is ${shown(value)}; expected 0 or more`);
}

/** Bytes that a node sends, receives or brings to a collective; 0 unless given. */
export function bytesOf(node: ChakraNode, file: string): number {
  const exact = node.attributes.get(EXACT_BYTES);
  if (typeof exact === 'number' && exact >= 0) return exact;
  return sizeOf(node, file, 'comm_size') ?? 0;
}

const shown = (value: unknown): string => quoted(String(value));
