import type { GraphBuilder, Value } from '../builder.ts';
import { concat, identity, slice } from '../ops/shape.ts';
import { variable } from '../ops/state.ts';
import type { Layers } from './layers.ts';
import { partDevice } from './model.ts';

/*
 * Graphs that are cut into parts (ModelOptions.parts): which share of a value a part has, and what it gets from others. What is
 * sent is a node on the sender, so that gradients are added up where the value came from.
 */

/** From the first index to the one after the last. */
export type Range = readonly [from: number, to: number];

/** A part's share of a value. */
export interface Share {
  readonly part: number;
  readonly value: Value;
}

export const lengthOf = ([from, to]: Range): number => Math.max(0, to - from);

/** `extent` indices divided as evenly as can be; some have none where there are more parts. */
export function divided(extent: number, parts: number): Range[] {
  const start = (part: number): number => Math.floor((part * extent) / parts);
  return Array.from({ length: parts }, (_, part) => [start(part), start(part + 1)] as const);
}

/** Runs `body` for nodes of part `part` of `parts`, under its name; a graph of one part has no parts to name. */
export function onPart<T>(builder: GraphBuilder, part: number, parts: number, body: () => T): T {
  if (parts === 1) return body();
  return builder.onDevice(partDevice(part), () => builder.scope(`part${part}`, body));
}

/** What part `to` gets of another's share: all of it, or `ranges` of some of its axes. Its own it has. */
export function received(
  builder: GraphBuilder,
  { part, value }: Share,
  to: number,
  ranges: readonly (readonly [axis: number, range: Range])[] = [],
): Value {
  const cut = ranges.filter(([axis, range]) => lengthOf(range) < value.spec.shape[axis]!);
  const make = (): Value => {
    const name = `from${part}`;
    if (cut.length === 0) return builder.add(identity, [value], {}, { name });
    const axes = cut.map(([axis]) => axis);
    const starts = cut.map(([, [from]]) => from);
    const ends = cut.map(([, [, end]]) => end);
    return builder.add(slice, [value], { axes, starts, ends }, { name });
  };
  if (part !== to) return builder.onDevice(partDevice(part), make);
  return cut.length === 0 ? value : make();
}

/** Values one after the other along an axis. */
export function joined(builder: GraphBuilder, values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : builder.add(concat, values, { axis });
}

/**
 * A part's share of the parameter `name` of the whole graph, of shape `whole`: `ranges` of its first axes. It begins as that part
 * of the whole begins: Glorot-uniform where fans are given, else 0.
 */
export function parameterShare(
  { builder, dtype, parameters }: Layers,
  name: string,
  whole: readonly number[],
  ranges: readonly Range[],
  fans?: readonly [fanIn: number, fanOut: number],
): Value {
  const shape = whole.map((extent, axis) => (axis < ranges.length ? lengthOf(ranges[axis]!) : extent));
  const origin = whole.map((_, axis) => ranges[axis]?.[0] ?? 0);
  const first =
    fans === undefined
      ? ({ initializer: 'zeros' } as const)
      : ({ initializer: 'glorot', fanIn: fans[0], fanOut: fans[1] } as const);
  const part = shape.join() === whole.join() ? {} : { whole, origin, drawnAs: name };
  const value = builder.add(
    variable,
    [],
    { dtype, shape, trainable: true, ...first, ...part },
    { name: name.slice(name.lastIndexOf('/') + 1) },
  );
  parameters.push(value);
  return value;
}
