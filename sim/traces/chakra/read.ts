import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import {
  ATTRIBUTE_READERS,
  AttributeField,
  type AttributeValue,
  type ChakraNode,
  type ChakraTrace,
  MetadataField,
  NodeField,
  NodeType,
  VALUES_FIELD,
} from './schema.ts';

export interface ChakraReading {
  /**
   * Which dependencies count: data and control (default), or data only. Traces that were converted from PyTorch before
   * 2024 note the caller of a node as its control dependency, often one that the file does not have or the node itself;
   * all that orders their nodes is in the data dependencies.
   */
  readonly dependencies?: 'all' | 'data';
}

/** A node as the file has it. */
interface RawNode {
  readonly offset: number;
  id: number | bigint;
  name: string;
  type: number;
  durationMicros: number;
  inputs: string;
  readonly dependencies: (number | bigint)[];
  readonly attributes: Map<string, AttributeValue>;
}

/**
 * The trace of one rank. Fields that this program does not know are skipped; all that it uses is checked.
 *
 * @throws UserError naming `file` and the byte or the node: not protobuf, cut short, an id twice, a dependency on a
 * node that is not there, nodes that wait for each other.
 */
export function readChakra(
  bytes: Uint8Array,
  file: string,
  { dependencies = 'all' }: ChakraReading = {},
): ChakraTrace {
  let version = '';
  const raw: RawNode[] = [];
  const end = bytes.length;
  const outer = new BinaryReader(bytes);
  if (end === 0) throw new UserError(`${file}: empty; expected a Chakra trace`);
  for (let first = true; outer.pos < end; first = false) {
    const offset = outer.pos;
    const message = messageAt(bytes, outer, file);
    try {
      if (first) version = readVersion(message);
      else raw.push(readNode(message, offset, dependencies));
    } catch (error) {
      throw new UserError(
        `${file}: no Chakra ${first ? 'metadata' : 'node'} in the message at byte ${offset} (${(error as Error).message})`,
      );
    }
  }
  raw.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.offset - b.offset));
  return linked(raw, file, version, dependencies);
}

/** The message at the reader's place, which moves behind it. */
function messageAt(bytes: Uint8Array, outer: BinaryReader, file: string): Uint8Array {
  const offset = outer.pos;
  let length: number;
  try {
    length = Number(outer.uint64());
  } catch {
    throw new UserError(`${file}: not a Chakra trace: no length of a message at byte ${offset}`);
  }
  const left = bytes.length - outer.pos;
  if (length > left) {
    throw new UserError(
      `${file}: cut short or not a Chakra trace: the message at byte ${offset} has ${length} bytes, the file ${left} more`,
    );
  }
  const start = outer.pos;
  outer.pos += length;
  return bytes.subarray(start, start + length);
}

function readVersion(message: Uint8Array): string {
  let version = '';
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === MetadataField.version && wire === WireType.LengthDelimited) {
      version = reader.string();
    } else if (field === MetadataField.attribute && wire === WireType.LengthDelimited) {
      const [name, value] = readAttribute(reader.bytes());
      if (name === 'schema' && version === '') version = String(value);
    } else {
      reader.skip(wire, field);
    }
  }
  return version;
}

function readNode(message: Uint8Array, offset: number, counting: 'all' | 'data'): RawNode {
  const node: RawNode = {
    offset,
    id: 0,
    name: '',
    type: NodeType.invalid,
    durationMicros: 0,
    inputs: '',
    dependencies: [],
    attributes: new Map(),
  };
  let inputs: Uint8Array | undefined;
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    switch (field) {
      case NodeField.id:
        node.id = unsigned(reader, wire);
        break;
      case NodeField.type:
        node.type = Number(unsigned(reader, wire));
        break;
      case NodeField.durationMicros:
        node.durationMicros = Number(unsigned(reader, wire));
        break;
      case NodeField.name:
        node.name = new TextDecoder().decode(lengthDelimited(reader, wire));
        break;
      case NodeField.controlDependencies:
        readIds(reader, wire, counting === 'all' ? node.dependencies : []);
        break;
      case NodeField.dataDependencies:
        readIds(reader, wire, node.dependencies);
        break;
      case NodeField.attribute: {
        const [name, value] = readAttribute(lengthDelimited(reader, wire));
        if (value !== undefined) node.attributes.set(name, value);
        break;
      }
      case NodeField.inputs:
        inputs = lengthDelimited(reader, wire);
        break;
      default:
        reader.skip(wire, field);
    }
  }
  if (inputs !== undefined && node.type === NodeType.metadata) node.inputs = readValues(inputs);
  return node;
}

function unsigned(reader: BinaryReader, wire: WireType): number | bigint {
  if (wire !== WireType.Varint) throw new Error('a number of another wire type');
  const value = BigInt(reader.uint64());
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function lengthDelimited(reader: BinaryReader, wire: WireType): Uint8Array {
  if (wire !== WireType.LengthDelimited) throw new Error('a text or message of another wire type');
  return reader.bytes();
}

/** Packed (proto3) or one by one. */
function readIds(reader: BinaryReader, wire: WireType, ids: (number | bigint)[]): void {
  if (wire !== WireType.LengthDelimited) {
    ids.push(unsigned(reader, wire));
    return;
  }
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) ids.push(unsigned(packed, WireType.Varint));
}

function readAttribute(message: Uint8Array): [name: string, value: AttributeValue | undefined] {
  let name = '';
  let value: AttributeValue | undefined;
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const read = ATTRIBUTE_READERS[field];
    if (field === AttributeField.name) name = new TextDecoder().decode(lengthDelimited(reader, wire));
    else if (field === AttributeField.boolList) value = readBools(lengthDelimited(reader, wire));
    else if (read !== undefined) value = read(reader);
    else reader.skip(wire, field);
  }
  return [name, value];
}

function readBools(message: Uint8Array): boolean[] {
  const bools: boolean[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [, wire] = reader.tag();
    const ids: (number | bigint)[] = [];
    readIds(reader, wire, ids);
    for (const id of ids) bools.push(id !== 0);
  }
  return bools;
}

function readValues(message: Uint8Array): string {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === VALUES_FIELD) return new TextDecoder().decode(lengthDelimited(reader, wire));
    reader.skip(wire, field);
  }
  return '';
}

/** Ids become indices. */
function linked(
  raw: readonly RawNode[],
  file: string,
  version: string,
  counting: 'all' | 'data',
): ChakraTrace {
  const refuse = ({ id, name, offset }: RawNode, what: string): never => {
    throw new UserError(`${file}: node ${id} (${quoted(name)}, byte ${offset}) ${what}`);
  };
  const remedy =
    counting === 'all' ? '; if its control dependencies name callers, count data dependencies only' : '';
  const indexOf = new Map<number | bigint, number>();
  raw.forEach((node, index) => {
    if (indexOf.has(node.id)) refuse(node, `has the number of another node`);
    indexOf.set(node.id, index);
  });
  const nodes = raw.map((node): ChakraNode => {
    const dependencies = new Set<number>();
    for (const id of node.dependencies) {
      const index = indexOf.get(id);
      if (index === undefined) refuse(node, `waits for node ${id}, which the file does not have${remedy}`);
      else dependencies.add(index);
    }
    const { id, name, type, durationMicros, attributes, inputs } = node;
    return {
      id,
      name,
      type,
      durationMicros,
      attributes,
      dependencies: [...dependencies],
      ...(inputs !== '' && { inputs }),
    };
  });
  const circular = oneInACircle(nodes);
  if (circular >= 0) refuse(raw[circular]!, `waits for itself, by way of its dependencies${remedy}`);
  return { file, version, nodes };
}

/** Index of a node that depends on itself, −1 where none does. */
function oneInACircle(nodes: readonly ChakraNode[]): number {
  const NEW = 0;
  const OPEN = 1;
  const DONE = 2;
  const state = new Uint8Array(nodes.length);
  const next = new Int32Array(nodes.length);
  for (let root = 0; root < nodes.length; root++) {
    if (state[root] !== NEW) continue;
    const path = [root];
    state[root] = OPEN;
    while (path.length > 0) {
      const node = path.at(-1)!;
      const { dependencies } = nodes[node]!;
      if (next[node]! === dependencies.length) {
        state[node] = DONE;
        path.pop();
        continue;
      }
      const dependency = dependencies[next[node]!++]!;
      if (state[dependency] === OPEN) return dependency;
      if (state[dependency] === NEW) {
        state[dependency] = OPEN;
        path.push(dependency);
      }
    }
  }
  return -1;
}
