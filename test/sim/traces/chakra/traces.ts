import { type Attributes, ChakraFile } from '../../../../sim/traces/chakra/encode.ts';
import { type ChakraReading, readChakra } from '../../../../sim/traces/chakra/read.ts';
import { type ChakraTrace, NodeType } from '../../../../sim/traces/chakra/schema.ts';

export interface NodeOfTest {
  readonly id: number;
  readonly type?: keyof typeof NodeType;
  readonly waits?: readonly number[];
  readonly micros?: number;
  readonly attributes?: Attributes;
}

/** The file of a rank that has these nodes. */
export function encoded(nodes: readonly NodeOfTest[]): Uint8Array {
  const file = new ChakraFile();
  for (const { id, type = 'compute', waits = [], micros = 0, attributes = {} } of nodes) {
    file.node(id, NodeType[type], `n${id}`, waits, attributes, micros);
  }
  return file.finish();
}

/** What is read back of ranks that have these nodes; files are called `t.0.et` and so on. */
export function tracesOf(
  ranks: readonly (readonly NodeOfTest[])[],
  reading: ChakraReading = {},
): ChakraTrace[] {
  return ranks.map((nodes, rank) => readChakra(encoded(nodes), `t.${rank}.et`, reading));
}
