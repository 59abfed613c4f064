import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExpert, readTarnawski } from '../../bench/placement/tarnawski.ts';
import { maxLoadOptimum } from '../../placement/ideals.ts';
import { type MaxLoadInstance, type MaxLoadNode, maxLoad } from '../../placement/max-load.ts';

const node = (acceleratorTime: number, more: Partial<MaxLoadNode> = {}): MaxLoadNode => ({
  name: '',
  cpuTime: 10 * acceleratorTime,
  acceleratorTime,
  accelerated: true,
  bytes: 1,
  transferTime: 1,
  backward: false,
  colour: -1,
  ...more,
});

const coloured = (nodes: readonly MaxLoadNode[]): MaxLoadNode[] =>
  nodes.map((n, i) => ({ ...n, colour: n.colour < 0 ? 1000 + i : n.colour }));

it('pays for each tensor once per device that takes it, and once where it is made', () => {
  // 0 is read twice on device 1 and once on the CPU: accelerators 2 + 1 and 3 + 1 + 1 (the last gives one too).
  const instance: MaxLoadInstance = {
    nodes: coloured([node(2), node(1), node(2), node(4)]),
    edges: [
      [0, 1],
      [0, 2],
      [0, 3],
      [2, 3],
    ],
    accelerators: 2,
    cpus: 1,
    capacityBytes: 2,
  };
  expect(maxLoad(instance, Int32Array.of(1, 2, 2, 0))).toBe(40);
  expect(maxLoad(instance, Int32Array.of(1, 2, 2, 1))).toBe(6 + 2);
  expect(maxLoad(instance, Int32Array.of(1, 1, 1, 2))).toBe(Number.POSITIVE_INFINITY);
});

/** Small instances in whole numbers: forward nodes, backward ones that mirror some of their edges, shared colours. */
const instances = fc
  .record({
    times: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(6), fc.nat(9)), {
      minLength: 1,
      maxLength: 6,
    }),
    edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 9 }),
    backward: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    orphan: fc.boolean(),
    colours: fc.array(fc.nat(11), { minLength: 6, maxLength: 6 }),
    accelerators: fc.integer({ min: 1, max: 2 }),
    cpus: fc.nat(1),
    capacityBytes: fc.integer({ min: 3, max: 14 }),
  })
  .map(({ times, edges, backward, orphan, colours, ...machine }) => {
    const n = times.length;
    const colour = (i: number): number => (colours[i]! < n ? colours[i]! : i);
    const nodes = times.map(([acceleratorTime, transferTime, ratio], i) =>
      node(acceleratorTime, {
        transferTime,
        colour: colour(i),
        cpuTime: acceleratorTime * ratio + 1,
        accelerated: ratio !== 5,
      }),
    );
    const all: [number, number][] = [];
    const forward = edges.filter(([a, b]) => a < b && b < n);
    all.push(...forward);
    const mirror = new Map<number, number>();
    for (let i = n - 1; i >= 0; i--) {
      if (!backward[i]) continue;
      mirror.set(i, nodes.push(node(2, { backward: true, colour: colour(i), transferTime: 3 })) - 1);
      all.push([i, mirror.get(i)!]);
    }
    for (const [a, b] of forward) {
      if (mirror.has(a) && mirror.has(b)) all.push([mirror.get(b)!, mirror.get(a)!]);
    }
    if (orphan && mirror.size > 0) {
      const [, from] = [...mirror][0]!;
      all.push([from, nodes.push(node(1, { backward: true, colour: 99 })) - 1]);
    }
    return { nodes, edges: all, ...machine } satisfies MaxLoadInstance;
  });

/** The least load of all splits whose devices can be put in an order that forward edges (or mirrored ones) follow. */
function leastOfAll(instance: MaxLoadInstance): number {
  const { nodes, edges } = instance;
  const colours = [...new Set(nodes.map(({ colour }) => colour))];
  const hasForward = new Set(nodes.flatMap((n) => (n.backward ? [] : [n.colour])));
  const order = edges.flatMap(([a, b]): [number, number][] => {
    const [from, to] = [nodes[a]!, nodes[b]!];
    if (!from.backward && !to.backward) return [[from.colour, to.colour]];
    const orphaned = !hasForward.has(from.colour) || !hasForward.has(to.colour);
    return from.backward && to.backward && orphaned ? [[to.colour, from.colour]] : [];
  });
  const devices = instance.cpus + instance.accelerators;
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < devices ** colours.length; code++) {
    const deviceOf = new Map(colours.map((c, i) => [c, Math.floor(code / devices ** i) % devices]));
    const reach = Array.from({ length: devices }, () => new Array<boolean>(devices).fill(false));
    for (const [a, b] of order) {
      if (deviceOf.get(a) !== deviceOf.get(b)) reach[deviceOf.get(a)!]![deviceOf.get(b)!] = true;
    }
    for (let k = 0; k < devices; k++) {
      for (let i = 0; i < devices; i++) {
        for (let j = 0; j < devices; j++) if (reach[i]![k] && reach[k]![j]) reach[i]![j] = true;
      }
    }
    if (reach.some((row, i) => row[i])) continue;
    least = Math.min(
      least,
      maxLoad(
        instance,
        Int32Array.from(nodes, (n) => deviceOf.get(n.colour)!),
      ),
    );
  }
  return least;
}

it('finds the best of all contiguous splits', () => {
  fc.assert(
    fc.property(instances, (instance) => {
      const optimum = maxLoadOptimum(instance);
      expect(optimum?.load ?? Number.POSITIVE_INFINITY).toBe(leastOfAll(instance));
      if (optimum !== undefined) expect(maxLoad(instance, optimum.split)).toBe(optimum.load);
    }),
    { numRuns: 300, seed: 3 },
  );
});

it('gives up where there are too many downward-closed sets', () => {
  // 20 independent nodes: 2^20.
  const nodes = coloured(Array.from({ length: 20 }, () => node(1)));
  const instance = { nodes, edges: [], accelerators: 2, cpus: 0, capacityBytes: 99 };
  expect(maxLoadOptimum(instance, { mostIdeals: 1000 })).toBeUndefined();
});

const SHARED = fileURLToPath(new URL('../../../shared/placement/', import.meta.url));

describe.skipIf(!existsSync(SHARED))("the authors' optima (where ../shared/placement is there)", () => {
  const listed: { readonly [name: string]: readonly (number | null)[] } = existsSync(SHARED)
    ? JSON.parse(readFileSync(`${SHARED}oracle.json`, 'utf8')).tarnawski_maxload_ms
    : {};
  /** The values are listed with six digits. */
  const expectListed = (value: number, expected: number): void =>
    expect(value.toPrecision(6)).toBe(expected.toPrecision(6));
  const names = Object.keys(listed).filter((name) => name.includes('/'));

  it.each(names)('%s', (name) => {
    const [single, , , expert, optimum] = listed[name]!;
    const folder = name.startsWith('layer/') ? 'LayerGraphs' : 'OperatorGraphs';
    const file = `${SHARED}tarnawski2020/throughput-inputs/${folder}/${name.split('/')[1]}.json`;
    const instance = readTarnawski(readFileSync(file, 'utf8'));
    // The authors only warn of memory there.
    const roomy = { ...instance, capacityBytes: Number.POSITIVE_INFINITY };
    expectListed(maxLoad(roomy, new Int32Array(instance.nodes.length).fill(instance.cpus)), single!);
    const splitFile = `${SHARED}tarnawski2020/human-experts/${name.split('/')[1]}_expert.json`;
    if (typeof expert === 'number' && existsSync(splitFile)) {
      expectListed(maxLoad(roomy, readExpert(readFileSync(splitFile, 'utf8'), instance)), expert);
    }
    // Inception's takes long, and was too large for the authors' program.
    if (typeof optimum === 'number') expectListed(maxLoadOptimum(instance)!.load, optimum);
  });
});
