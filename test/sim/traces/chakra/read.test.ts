import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../base/errors.ts';
import { ChakraFile } from '../../../../sim/traces/chakra/encode.ts';
import { readChakra } from '../../../../sim/traces/chakra/read.ts';
import { NodeType } from '../../../../sim/traces/chakra/schema.ts';
import { encoded, tracesOf } from './traces.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('what is read', () => {
  test('is what the bytes say, by hand', () => {
    // A metadata message {version: "0.0.4"}, then node {id: 2^53 + 1, name: "a", type: compute, data_deps: [] }.
    const file = bytes(
      ...[7, 0x0a, 5, 0x30, 0x2e, 0x30, 0x2e, 0x34],
      ...[14, 0x08, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0x12, 1, 0x61, 0x18, 4],
    );
    const { version, nodes } = readChakra(file, 'a.et');
    expect(version).toBe('0.0.4');
    expect(nodes).toEqual([
      {
        id: 2n ** 53n + 1n,
        name: 'a',
        type: NodeType.compute,
        dependencies: [],
        durationMicros: 0,
        attributes: new Map(),
      },
    ]);
  });

  test('ids of 64 bits keep all their digits', () => {
    const file = new ChakraFile();
    const ids = [2 ** 53 - 1, 5];
    for (const id of ids) file.node(id, NodeType.compute, '', [], {});
    expect(readChakra(file.finish(), 'a.et').nodes.map(({ id }) => id)).toEqual([5, 2 ** 53 - 1]);
    // 2^63 + 1 and 2^63 + 3 would be the same float64.
    const node = (low: number) => [13, 0x08, low, ...Array.from({ length: 8 }, () => 0x80), 1, 0x18, 4];
    const big = bytes(0, ...node(0x81), ...node(0x83));
    expect(readChakra(big, 'a.et').nodes.map(({ id }) => id)).toEqual([2n ** 63n + 1n, 2n ** 63n + 3n]);
  });

  test('dependencies, durations and attributes', () => {
    const attributes = { comm_size: 7, share: 0.5, is_cpu_op: true, pg_name: '0', negative: -3 };
    const [trace] = tracesOf([[{ id: 9, waits: [4], micros: 12, attributes }, { id: 4 }]]);
    expect(trace!.nodes.map(({ id }) => id)).toEqual([4, 9]);
    expect(trace!.nodes[1]!.dependencies).toEqual([0]);
    expect(trace!.nodes[1]!.durationMicros).toBe(12);
    expect(Object.fromEntries(trace!.nodes[1]!.attributes)).toEqual(attributes);
  });

  test('unknown fields of every wire type are skipped', () => {
    const unknown = [
      0xa0, 0x06, 5, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 0x06, 1, 0, 0xa5, 0x06, 1, 2, 3, 4,
    ];
    const file = bytes(0, unknown.length + 4, ...unknown, 0x08, 3, 0x18, 4);
    expect(readChakra(file, 'a.et').nodes[0]).toMatchObject({ id: 3, type: NodeType.compute });
  });

  test('control dependencies count unless only data dependencies are to', () => {
    // Node 1 has the control dependency 1: itself, as callers are noted.
    const file = bytes(0, 6, 0x08, 1, 0x22, 1, 1, 0x18, 4).subarray(0, 9);
    const whole = bytes(0, 7, 0x08, 1, 0x22, 1, 1, 0x18, 4);
    expect(() => readChakra(whole, 'a.et')).toThrow(
      'a.et: node 1 ("", byte 1) waits for itself, by way of its dependencies; if its control dependencies name callers, count data dependencies only',
    );
    expect(readChakra(whole, 'a.et', { dependencies: 'data' }).nodes).toHaveLength(1);
    expect(() => readChakra(file, 'a.et')).toThrow(UserError);
  });
});

describe('what is refused', () => {
  test.each([
    ['an empty file', bytes(), 'a.et: empty; expected a Chakra trace'],
    [
      'a file cut short',
      encoded([{ id: 1, micros: 5 }]).slice(0, -1),
      'a.et: cut short or not a Chakra trace: the message at byte 8 has 10 bytes, the file 9 more',
    ],
    [
      'an absurd length',
      bytes(0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1),
      'a.et: cut short or not a Chakra trace: the message at byte 1 has 549755813887 bytes, the file 1 more',
    ],
    [
      'an endless length',
      bytes(0, ...Array.from({ length: 20 }, () => 0xff)),
      'a.et: not a Chakra trace: no length of a message at byte 1',
    ],
    [
      'a length inside a node beyond its end',
      bytes(0, 3, 0x12, 100, 0x61),
      'a.et: no Chakra node in the message at byte 1 (premature EOF)',
    ],
    [
      'an id that is a text',
      bytes(0, 3, 0x0a, 1, 0x61),
      'a.et: no Chakra node in the message at byte 1 (a number of another wire type)',
    ],
    [
      'an id twice',
      encoded([{ id: 1 }, { id: 1 }]),
      'a.et: node 1 ("n1", byte 17) has the number of another node',
    ],
    [
      'a dependency on nothing',
      encoded([{ id: 1, waits: [8] }]),
      'a.et: node 1 ("n1", byte 8) waits for node 8, which the file does not have; if its control dependencies name callers, count data dependencies only',
    ],
    [
      'a circle',
      encoded([
        { id: 1, waits: [3] },
        { id: 2, waits: [1] },
        { id: 3, waits: [2] },
      ]),
      'a.et: node 1 ("n1", byte 8) waits for itself, by way of its dependencies; if its control dependencies name callers, count data dependencies only',
    ],
  ])('%s', (_, file, message) => {
    expect(() => readChakra(file, 'a.et')).toThrow(new UserError(message));
  });

  test('whatever the bytes are, they are read or refused in one line', () => {
    const whole = encoded([
      { id: 1, micros: 3, attributes: { is_cpu_op: true, comm_size: 5 } },
      { id: 2, waits: [1], attributes: { share: 0.1, pg_name: 'x' } },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(whole.length),
        (changes, length) => {
          const file = whole.slice(0, length);
          for (const [at, value] of changes) if (at < length) file[at] = value;
          try {
            readChakra(file, 'a.et');
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            expect((error as Error).message).toMatch(/^a\.et: [^\n]+$/);
          }
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });
});

const FEEDER = fileURLToPath(
  new URL('../../../../../shared/chakra/mlcommons-chakra/feeder_tests_trace.tar.gz', import.meta.url),
);

describe.skipIf(!existsSync(FEEDER))('a trace of MLCommons (where ../shared/chakra is there)', () => {
  /** The only file of the archive: a header of 512 bytes with its length in octal at 124. */
  const archive = existsSync(FEEDER) ? gunzipSync(readFileSync(FEEDER)) : Buffer.alloc(0);
  const length = Number.parseInt(archive.toString('latin1', 124, 135), 8);
  const file = archive.subarray(512, 512 + length);

  test('has 3,664 nodes, ordered by data dependencies', () => {
    const { nodes, version } = readChakra(file, 'chakra.0.et', { dependencies: 'data' });
    expect(version).toBe('1.0.1');
    expect(nodes).toHaveLength(3664);
    expect(nodes.reduce((sum, { durationMicros }) => sum + durationMicros, 0)).toBe(381_795);
    expect(nodes.reduce((sum, { dependencies }) => sum + dependencies.length, 0)).toBeGreaterThan(100_000);
    expect(nodes.filter(({ type }) => type === NodeType.collective)).toHaveLength(21);
  });

  test('notes callers as control dependencies', () => {
    expect(() => readChakra(file, 'chakra.0.et')).toThrow(/node 216 .* waits for node 3, .* callers/);
  });
});
