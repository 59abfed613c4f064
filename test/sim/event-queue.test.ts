import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../sim/event-queue.ts';

test('pops by time, and by order of pushing where times are equal', () => {
  // Few distinct times make ties common; interleaved pops exercise the reuse of slots.
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.record({ time: fc.integer({ min: 0, max: 6 }) }) },
    { weight: 2, arbitrary: fc.constant('pop' as const) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const queue = new EventQueue();
      const reference: { time: number; pushed: number }[] = [];
      let pushed = 0;
      const popBoth = (): void => {
        reference.sort((x, y) => x.time - y.time || x.pushed - y.pushed);
        const expected = reference.shift();
        expect(queue.pop()).toBe(expected !== undefined);
        if (expected)
          expect([queue.time, queue.kind, queue.a, queue.b]).toEqual([
            expected.time,
            3,
            expected.pushed,
            -1 - expected.pushed,
          ]);
      };
      for (const c of commands) {
        if (c === 'pop') popBoth();
        else {
          queue.push(c.time, 3, pushed, -1 - pushed);
          reference.push({ time: c.time, pushed: pushed++ });
        }
      }
      while (reference.length > 0) popBoth();
      expect(queue.pop()).toBe(false);
    }),
    { numRuns: 300 },
  );
});
