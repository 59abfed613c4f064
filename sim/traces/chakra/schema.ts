import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/*
 * What a Chakra execution trace consists of. Field numbers: MLCommons Chakra, schema/protobuf/et_def.proto (0.0.4).
 * A file is a row of messages, each after its length as a varint: one GlobalMetadata, then Nodes.
 * Sridharan et al., "Chakra: Advancing performance benchmarking and co-design using standardized execution traces",
 * arXiv 2305.14516 (2023).
 */

export const NodeType = {
  invalid: 0,
  metadata: 1,
  memoryLoad: 2,
  memoryStore: 3,
  compute: 4,
  send: 5,
  receive: 6,
  collective: 7,
} as const;

/** By CollectiveCommType. */
export const COLLECTIVE_TYPES = [
  'all-reduce',
  'reduce',
  'all-gather',
  'gather',
  'scatter',
  'broadcast',
  'all-to-all',
  'reduce-scatter',
  'reduce-scatter-block',
  'barrier',
] as const;

export const MetadataField = { version: 1, attribute: 2 } as const;

export const NodeField = {
  id: 1,
  name: 2,
  type: 3,
  controlDependencies: 4,
  dataDependencies: 5,
  startMicros: 6,
  durationMicros: 7,
  inputs: 8,
  outputs: 9,
  attribute: 10,
} as const;

/** The field of IOInfo that holds the values themselves. */
export const VALUES_FIELD = 1;

export const AttributeField = {
  name: 1,
  double: 3,
  int64: 9,
  uint64: 13,
  bool: 27,
  boolList: 28,
  string: 29,
} as const;

/** Integers beyond 2^53 stay exact. */
export type AttributeValue = number | bigint | string | boolean | readonly boolean[];

const exact = (value: bigint | string): number | bigint => {
  const integer = BigInt(value);
  return integer >= Number.MIN_SAFE_INTEGER && integer <= Number.MAX_SAFE_INTEGER ? Number(integer) : integer;
};

/** How the value of an attribute is read, by field number. Lists other than of bools are of no use here. */
export const ATTRIBUTE_READERS: { readonly [field: number]: (reader: BinaryReader) => AttributeValue } = {
  [AttributeField.double]: (reader) => reader.double(),
  5: (reader) => reader.float(),
  7: (reader) => reader.int32(),
  [AttributeField.int64]: (reader) => exact(reader.int64()),
  11: (reader) => reader.uint32(),
  [AttributeField.uint64]: (reader) => exact(reader.uint64()),
  15: (reader) => reader.sint32(),
  17: (reader) => exact(reader.sint64()),
  19: (reader) => reader.fixed32(),
  21: (reader) => exact(reader.fixed64()),
  23: (reader) => reader.sfixed32(),
  25: (reader) => exact(reader.sfixed64()),
  [AttributeField.bool]: (reader) => reader.bool(),
  [AttributeField.string]: (reader) => reader.string(),
};

/** One operation of one rank. */
export interface ChakraNode {
  readonly id: number | bigint;
  readonly name: string;
  /** A NodeType; files may hold types that this program does not know. */
  readonly type: number;
  /** Indices of the nodes that must be done before, in the same trace. */
  readonly dependencies: readonly number[];
  /** As measured; 0 where it was not. */
  readonly durationMicros: number;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** Of metadata nodes: their inputs, as text. */
  readonly inputs?: string;
}

/** What one rank did. Nodes are in the order of their ids. */
export interface ChakraTrace {
  /** How messages call it. */
  readonly file: string;
  /** Of the schema; '' where the file does not say. */
  readonly version: string;
  readonly nodes: readonly ChakraNode[];
}

/** How the value of an attribute is written: whole numbers as int64, as other writers do. */
export function writeAttributeValue(write: BinaryWriter, value: number | string | boolean): void {
  const VARINT = 0;
  const BIT64 = 1;
  const LENGTH_DELIMITED = 2;
  if (typeof value === 'string') write.tag(AttributeField.string, LENGTH_DELIMITED).string(value);
  else if (typeof value === 'boolean') write.tag(AttributeField.bool, VARINT).bool(value);
  else if (Number.isSafeInteger(value)) write.tag(AttributeField.int64, VARINT).int64(value);
  else write.tag(AttributeField.double, BIT64).double(value);
}
