import { UserError } from '../../base/errors.ts';
import type { Value } from '../builder.ts';
import { cast } from '../ops/cast.ts';
import { less } from '../ops/comparison.ts';
import { cumSum } from '../ops/cumulative.ts';
import { add, div, mul } from '../ops/elementwise.ts';
import { gatherElements } from '../ops/gather.ts';
import { reduceMean, reduceSum } from '../ops/reduction.ts';
import { scatterElements } from '../ops/scatter.ts';
import { oneHot } from '../ops/selection.ts';
import { reshape, slice, transpose } from '../ops/shape.ts';
import { softmax } from '../ops/softmax.ts';
import { constant } from '../ops/state.ts';
import { topK } from '../ops/top-k.ts';
import { where } from '../ops/where.ts';
import type { Layers } from './layers.ts';

export interface RoutingShape {
  readonly experts: number;
  /** Experts that each word is sent to. */
  readonly chosen: number;
  /** Words are divided into so many groups, each with places of its own (GShard's local groups, section 2.2). */
  readonly groups: number;
  /** Places of all experts together for a group, per choice of a word of it. */
  readonly capacity: number;
}

/** Where words go. Places of an expert: those of the first group, of the second, … */
export interface Routing {
  /** Per expert and place, its word: int64 [experts, groups · places]; of empty places any. */
  readonly wordOf: Value;
  /** Per choice of a word, expert · (groups · places) + place: int64 [groups, chosen, words]; any where none was left. */
  readonly placeOf: Value;
  /** Per choice of a word, what the result is multiplied by, 0 where no place was left: [groups, chosen, words]. */
  readonly gates: Value;
  /** experts · Σ over the experts of (share of the words whose first choice it is) · (its mean probability), ≥ about 1. */
  readonly imbalance: Value;
}

/**
 * Sends each word x [words, width] to the experts of the greatest probabilities, softmax(x · weights). Places are given in
 * the order of the words, first choices before second ones; who finds none passes by (Lepikhin et al., "GShard", 2021,
 * algorithm 1, without its random second choice; Fedus et al., "Switch Transformers", 2022, section 2.2). The gate is the
 * probability, or of several its share of theirs (GShard). The imbalance is Switch's (equation 4). Sizes are fixed, and words
 * are looked up by their places; GShard multiplies by one-hot masks, which takes words² work.
 */
export function route(
  layers: Layers,
  x: Value,
  { experts, chosen, groups, capacity }: RoutingShape,
): Routing {
  const { builder } = layers;
  const count = x.spec.shape[0]!;
  if (count % groups !== 0)
    throw new UserError(`${groups} groups do not divide the ${count} words of a batch`);
  const words = count / groups;
  const places = Math.max(1, Math.ceil((words * chosen * capacity) / experts));
  return builder.scope('router', () => {
    const logits = layers.product(x, experts);
    const each = builder.add(softmax, [logits], { axis: 1 });
    const probabilities = builder.add(reshape, [each], { shape: [groups, words, experts] });
    const best = builder.node(topK, [probabilities], { k: chosen, axis: 2 });
    // Choices before words: all first choices are before all second ones.
    const byChoice = (value: Value): Value => builder.add(transpose, [value], { perm: [0, 2, 1] });
    const expertOf = byChoice(best.outputs[1]!);
    const { placeOf, wordOf, isPlaced } = placed(layers, expertOf, experts, places);
    const gates = builder.add(
      mul,
      [
        byChoice(chosen === 1 ? best.outputs[0]! : shares(layers, best.outputs[0]!)),
        builder.add(cast, [isPlaced], { to: x.spec.dtype }),
      ],
      {},
    );
    return { wordOf, placeOf, gates, imbalance: imbalanceOf(layers, probabilities, best.outputs[1]!) };
  });
}

/** Each probability's share of those chosen, [groups, words, chosen]. */
function shares({ builder }: Layers, chosen: Value): Value {
  return builder.add(div, [chosen, builder.add(reduceSum, [chosen], { axes: [2], keepdims: true })], {});
}

/** Gives out the places of experts int64 [groups, chosen, words]. */
function placed(
  { builder }: Layers,
  expertOf: Value,
  experts: number,
  places: number,
): Pick<Routing, 'placeOf' | 'wordOf'> & { readonly isPlaced: Value } {
  const [groups, chosen, words] = expertOf.spec.shape as [number, number, number];
  const [choices, total] = [chosen * words, experts * groups * places];
  const whole = (shape: readonly number[], value: readonly number[]): Value =>
    builder.add(constant, [], { dtype: 'int64', shape, value });
  const flat = builder.add(reshape, [expertOf], { shape: [groups, choices] });
  // How many of the choices before it in its group go to the same expert.
  const marks = builder.add(oneHot, [flat, whole([2], [0, 1])], { depth: experts, axis: 2 });
  const before = builder.add(cumSum, [marks], { axis: 1, exclusive: true });
  const column = builder.add(reshape, [flat], { shape: [groups, choices, 1] });
  const own = builder.add(gatherElements, [before, column], { axis: 2 });
  const place = builder.add(reshape, [own], { shape: [groups, choices] });
  const isPlaced = builder.add(less, [place, whole([], [places])], {});
  // Sums over equal values count up: as constants these would be lists as long as a batch.
  const first = builder.add(cumSum, [whole([groups, 1], [places])], { axis: 0, exclusive: true });
  const ofExpert = builder.add(mul, [flat, whole([], [groups * places])], {});
  const ofGroup = builder.add(add, [place, first], {});
  const at = builder.add(add, [ofExpert, ofGroup], {});
  // Who has no place writes behind all of them.
  const written = builder.add(where, [isPlaced, at, whole([], [total])], {});
  const wordIds = builder.add(cumSum, [whole([groups * words], [1])], { axis: 0, exclusive: true });
  const ofWord = builder.add(reshape, [wordIds], { shape: [groups, 1, words] });
  const wordOfChoice = builder.add(add, [ofWord, whole([1, chosen, 1], [0])], {});
  const wordOf = builder.add(
    scatterElements,
    [
      whole([total + 1], [0]),
      builder.add(reshape, [written], { shape: [groups * choices] }),
      builder.add(reshape, [wordOfChoice], { shape: [groups * choices] }),
    ],
    { axis: 0 },
  );
  const kept = builder.add(slice, [wordOf], { starts: [0], ends: [total], axes: [0] });
  const [byExpert, byChoice] = [
    [experts, groups * places],
    [groups, chosen, words],
  ];
  return {
    wordOf: builder.add(reshape, [kept], { shape: byExpert }),
    placeOf: builder.add(reshape, [builder.add(where, [isPlaced, at, whole([], [0])], {})], {
      shape: byChoice,
    }),
    isPlaced: builder.add(reshape, [isPlaced], { shape: byChoice }),
  };
}

/** See `Routing.imbalance`: the mean over the groups, from probabilities [groups, words, experts] and the experts chosen. */
function imbalanceOf({ builder }: Layers, probabilities: Value, expertOf: Value): Value {
  const { dtype, shape } = probabilities.spec;
  const [groups, words, experts] = shape as [number, number, number];
  return builder.scope('imbalance', () => {
    const firsts = builder.add(slice, [expertOf], { starts: [0], ends: [1], axes: [2] });
    const flat = builder.add(reshape, [firsts], { shape: [groups, words] });
    const offOn = builder.add(constant, [], { dtype, shape: [2], value: [0, 1] });
    const marks = builder.add(oneHot, [flat, offOn], { depth: experts, axis: 2 });
    const meanOf = (value: Value): Value => builder.add(reduceMean, [value], { axes: [1], keepdims: false });
    const products = builder.add(mul, [meanOf(marks), meanOf(probabilities)], {});
    // A sum over experts, and a mean over groups.
    const sum = builder.add(reduceSum, [products], { keepdims: false });
    const scale = builder.add(constant, [], { dtype, shape: [], value: [experts / groups] });
    return builder.add(mul, [sum, scale], {});
  });
}
