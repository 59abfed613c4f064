import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AttributeField, MetadataField, NodeField, writeAttributeValue } from './schema.ts';

/** The version of the schema whose fields are written. */
const VERSION = '0.0.4';

export type Attributes = { readonly [name: string]: number | string | boolean };

/** The file of one rank, written node by node. */
export class ChakraFile {
  private readonly out = new BinaryWriter();

  constructor() {
    this.out.fork().tag(MetadataField.version, WireType.LengthDelimited).string(VERSION).join();
  }

  /** A node that waits for the nodes `waits` of the same file. */
  node(
    id: number,
    type: number,
    name: string,
    waits: readonly number[],
    attributes: Attributes,
    durationMicros = 0,
  ): void {
    const { out } = this;
    out.fork();
    out.tag(NodeField.id, WireType.Varint).uint64(id);
    out.tag(NodeField.name, WireType.LengthDelimited).string(name);
    out.tag(NodeField.type, WireType.Varint).uint32(type);
    if (waits.length > 0) {
      out.tag(NodeField.dataDependencies, WireType.LengthDelimited).fork();
      for (const wait of waits) out.uint64(wait);
      out.join();
    }
    if (durationMicros > 0) out.tag(NodeField.durationMicros, WireType.Varint).uint64(durationMicros);
    for (const [attribute, value] of Object.entries(attributes)) {
      out.tag(NodeField.attribute, WireType.LengthDelimited).fork();
      out.tag(AttributeField.name, WireType.LengthDelimited).string(attribute);
      writeAttributeValue(out, value);
      out.join();
    }
    out.join();
  }

  /** Gives up the file: nothing may be written afterwards. */
  finish(): Uint8Array {
    return this.out.finish();
  }
}
