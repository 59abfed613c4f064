import type { Value } from '../builder.ts';
import { gather } from '../ops/gather.ts';
import type { Layers } from './layers.ts';
import type { GroupRank } from './model.ts';
import { vectorsAmongRanks } from './vocabulary-ranks.ts';

/** A table of `count` vectors: [count, width], or the range of it that this rank has of those that divide it. */
export function table(layers: Layers, name: string, count: number, width: number, among?: GroupRank): Value {
  return layers.builder.scope(name, () =>
    layers.parameter('table', [count, width], width, width, 'glorot', [{ axis: 0, among }]),
  );
}

/**
 * The vectors of a table at ids [ids …]: [ids …, width]. They are looked up where the table is, as TensorFlow does, so that
 * vectors travel and not the table.
 */
export function rows({ builder }: Layers, vectors: Value, ids: Value): Value {
  const { node } = vectors;
  const device = builder.authored.getNodeAttribute(node.name, 'device');
  return builder.add(gather, [vectors, ids], { axis: 0 }, { name: 'rows', device, colocateWith: node });
}

/**
 * The vectors of words [batch, length]: [batch, length, width]. Of a vocabulary that tensor ranks divide they are summed
 * over them; where these divide words, too, they are the rank's own words'.
 */
export function wordVectors(layers: Layers, vectors: Value, words: Value): Value {
  const { tensor } = layers;
  return tensor === undefined
    ? rows(layers, vectors, words)
    : vectorsAmongRanks(layers, vectors, words, tensor);
}

/** The vectors of a table of its own: integers below `count` [ids …] → [ids …, width]. */
export function embedding(layers: Layers, name: string, ids: Value, count: number, width: number): Value {
  const vectors = table(layers, name, count, width);
  return layers.builder.scope(name, () => rows(layers, vectors, ids));
}
