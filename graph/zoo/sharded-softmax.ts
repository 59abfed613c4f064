import type { Value } from '../builder.ts';
import { add, sub } from '../ops/elementwise.ts';
import { gatherElements } from '../ops/gather.ts';
import { gemm } from '../ops/matmul.ts';
import { reduceLogSumExp } from '../ops/norms.ts';
import { reduceMean } from '../ops/reduction.ts';
import { concat, identity, reshape } from '../ops/shape.ts';
import { type VariableAttrs, variable } from '../ops/state.ts';
import { idsOfParts, joinRows } from '../ops/table-parts.ts';
import type { Authored } from './author.ts';
import type { Layers } from './layers.ts';
import { serverDevice } from './model.ts';

/** From the first row to the one after the last. */
type Range = readonly [from: number, to: number];

/** A softmax over `classes` words of vectors of `width`, whose weights have a row per word. */
export interface SoftmaxShape {
  readonly classes: number;
  readonly width: number;
}

/**
 * A full softmax whose weights are divided by rows among servers, which compute with them where they are (Chilimbi et al.,
 * "Project Adam", OSDI 2014; OSDI'16, section 6.4): each gets the vectors h [rows, width] and makes the logits of its words,
 * and from them two numbers per row, the logarithm of the sum of their exponentials and, of its own words, the label's logit.
 * The loss needs nothing else: −log softmax(z)[label] = ln Σₛ e^(ln Σ e^zₛ) − z[label]. Gradients of the weights stay on the
 * servers, those of h are added up where h came from. The numbers are those of a softmax in one piece, up to rounding.
 */
export function softmaxOnServers(
  layers: Layers,
  h: Value,
  labels: Value,
  { classes, width }: SoftmaxShape,
  servers: number,
): Authored {
  const { builder } = layers;
  const parts = Math.min(servers, classes);
  const starts = Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * classes) / parts));
  const rows = labels.spec.shape[0]!;
  const places = builder.node(idsOfParts, [labels], { starts }, { name: 'places' }).outputs;
  const ofServers = places.map((place, server) => {
    // One value per server, so that their gradients are added up here.
    const vectors = builder.add(identity, [h], {}, { name: `h${server}` });
    const column = builder.add(reshape, [place], { shape: [rows, 1] });
    return builder.onDevice(serverDevice(server), () => {
      const range: Range = [starts[server]!, starts[server + 1]!];
      const logits = logitsOf(layers, vectors, { classes, width }, range, server);
      return {
        logits,
        logSum: builder.add(reduceLogSumExp, [logits], { axes: [1] }, { name: `log_sum${server}` }),
        label: builder.add(gatherElements, [logits, column], { axis: 1 }, { name: `label${server}` }),
      };
    });
  });
  const of = (what: 'logits' | 'logSum' | 'label'): Value[] => ofServers.map((values) => values[what]);
  const logSums = builder.add(concat, of('logSum'), { axis: 1 });
  const logSum = builder.add(reduceLogSumExp, [logSums], { axes: [1] }, { name: 'log_sum' });
  const label = builder.add(joinRows, [labels, ...of('label')], { starts }, { name: 'label' });
  const each = builder.add(sub, [logSum, label], {});
  const loss = builder.add(reduceMean, [each], { axes: [0, 1], keepdims: false }, { name: 'loss' });
  return { labels, logits: builder.add(concat, of('logits'), { axis: 1 }, { name: 'logits' }), loss };
}

/** The logits of the words of `range`: [rows, words of the range]. */
function logitsOf(
  layers: Layers,
  h: Value,
  { classes, width }: SoftmaxShape,
  range: Range,
  part: number,
): Value {
  const { builder } = layers;
  const fans = { initializer: 'glorot', fanIn: width, fanOut: width } as const;
  const weights = parameterPart(layers, 'weights', [classes, width], range, part, fans);
  const bias = parameterPart(layers, 'bias', [classes], range, part, { initializer: 'zeros' });
  const products = builder.add(gemm, [h, weights], { transB: true }, { name: `products${part}` });
  return builder.add(add, [products, bias], {}, { name: `logits${part}` });
}

/** Rows `from` … `to` of a parameter of the softmax in one piece, with their part of its first value. */
function parameterPart(
  { builder, dtype, parameters }: Layers,
  name: string,
  whole: readonly number[],
  [from, to]: Range,
  part: number,
  first: Pick<VariableAttrs, 'initializer' | 'fanIn' | 'fanOut'>,
): Value {
  const shape = whole.with(0, to - from);
  const place = {
    whole,
    origin: whole.map((_, axis) => (axis === 0 ? from : 0)),
    drawnAs: `softmax/${name}`,
  };
  const attrs = { dtype, shape, trainable: true, ...first, ...place };
  const value = builder.add(variable, [], attrs, { name: `${name}/part_${part}` });
  parameters.push(value);
  return value;
}
