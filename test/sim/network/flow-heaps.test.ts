import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowHeaps } from '../../../sim/network/flow-heaps.ts';
import { IndexedHeap } from '../../../sim/network/indexed-heap.ts';

const keys = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 80 });

test('flows leave their heap by key, then by stamp, whichever are taken out in between', () => {
  fc.assert(
    fc.property(keys, fc.infiniteStream(fc.nat(3)), (all, choices) => {
      const heaps = new FlowHeaps();
      heaps.reserve(all.length);
      let root = -1;
      let inside: number[] = [];
      const take = (flow: number): void => {
        inside = inside.filter((other) => other !== flow);
      };
      for (const [flow, key] of all.entries()) {
        root = heaps.add(root, flow, key, flow);
        inside.push(flow);
        const choice = choices.next().value;
        if (choice === 0) {
          const victim = inside[(flow * 7) % inside.length]!;
          root = heaps.remove(root, victim);
          take(victim);
        } else if (choice === 1) {
          take(root);
          root = heaps.removeFirst(root);
        }
        const seen: number[] = [];
        heaps.forEach(root, (member) => seen.push(member));
        expect(seen.sort((a, b) => a - b)).toEqual(inside);
      }
      const order: number[] = [];
      for (; root >= 0; root = heaps.removeFirst(root)) order.push(root);
      expect(order).toEqual([...inside].sort((a, b) => all[a]! - all[b]! || a - b));
    }),
  );
});

test('two heaps in the same columns do not mix', () => {
  const heaps = new FlowHeaps();
  let [even, odd] = [-1, -1];
  for (let flow = 0; flow < 40; flow++) {
    if (flow % 2 === 0) even = heaps.add(even, flow, 40 - flow, flow);
    else odd = heaps.add(odd, flow, flow % 5, flow);
  }
  const drained: number[] = [];
  for (; even >= 0; even = heaps.removeFirst(even)) drained.push(even);
  expect(drained).toEqual(Array.from({ length: 20 }, (_, i) => 38 - 2 * i));
  expect(odd).toBe(5);
});

test('an indexed heap gives its members by key, then by stamp, whatever was moved or removed', () => {
  fc.assert(
    fc.property(keys, keys, (first, second) => {
      const heap = new IndexedHeap();
      heap.reserve(first.length);
      const held = new Map<number, number>();
      for (const [member, key] of first.entries()) {
        heap.set(member, key, -member);
        held.set(member, key);
      }
      for (const [i, key] of second.entries()) {
        const member = (i * 3) % first.length;
        if (key === 0) {
          heap.remove(member);
          held.delete(member);
        } else {
          heap.set(member, key, -member);
          held.set(member, key);
        }
        expect(heap.keyOf(member)).toBe(held.get(member) ?? Number.POSITIVE_INFINITY);
      }
      const order: number[] = [];
      for (; heap.length > 0; heap.remove(heap.first)) {
        expect(heap.firstKey).toBe(held.get(heap.first));
        order.push(heap.first);
      }
      expect(order).toEqual([...held.keys()].sort((a, b) => held.get(a)! - held.get(b)! || b - a));
    }),
  );
});
