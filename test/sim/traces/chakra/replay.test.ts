import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../base/errors.ts';
import { simulateActivities } from '../../../../sim/simulate-activities.ts';
import { readChakra } from '../../../../sim/traces/chakra/read.ts';
import { type ChakraSystem, chakraGraph } from '../../../../sim/traces/chakra/replay.ts';
import { switchOf } from '../../collectives/clusters.ts';
import { encoded, type NodeOfTest, tracesOf } from './traces.ts';

/** 1 kB/s and 1 s from rank to rank: a message of n bytes takes 1 + n / 1000 s. */
function seconds(ranks: readonly (readonly NodeOfTest[])[], system: ChakraSystem = {}): number {
  return simulateActivities(
    chakraGraph(tracesOf(ranks), system),
    switchOf(Math.max(2, ranks.length), 1000, 0.5),
  ).seconds;
}

const SECOND = 1_000_000;
const work = (id: number, waits: number[] = [], attributes: NodeOfTest['attributes'] = {}): NodeOfTest => ({
  id,
  waits,
  micros: SECOND,
  attributes,
});

describe('work', () => {
  test('of one stream is done one by one, of two at once', () => {
    expect(seconds([[work(1), work(2)]])).toBeCloseTo(2, 12);
    expect(seconds([[work(1, [], { tid: 1 }), work(2, [], { tid: 2 })]])).toBeCloseTo(1, 12);
    expect(seconds([[work(1, [], { is_cpu_op: true }), work(2, [], { is_cpu_op: false })]])).toBeCloseTo(
      1,
      12,
    );
    expect(seconds([[work(1, [], { tid: 1 }), work(2, [1], { tid: 2 })]])).toBeCloseTo(2, 12);
  });

  test('that was not measured takes what the roofline says', () => {
    const node: NodeOfTest = { id: 1, attributes: { num_ops: 600, tensor_size: 40 } };
    // 600 / 100 = 6 s of arithmetic, 40 / 10 = 4 s of memory, or 40 / 5 = 8 s.
    expect(seconds([[node]], { roofline: { flopsPerSecond: 100, bytesPerSecond: 10 } })).toBe(6);
    expect(seconds([[node]], { roofline: { flopsPerSecond: 100, bytesPerSecond: 5 } })).toBe(8);
    expect(() => seconds([[node]])).toThrow(
      new UserError(
        't.0.et: node 1 ("n1") has a size but no duration; give the device\'s arithmetic rate and bandwidth',
      ),
    );
  });

  test('of memory takes its size over the bandwidth, beside computation', () => {
    const load: NodeOfTest = { id: 1, type: 'memoryLoad', attributes: { tensor_size: 40 } };
    expect(seconds([[load, work(2)]], { memoryBytesPerSecond: 20 })).toBeCloseTo(2, 12);
    expect(() => seconds([[load]])).toThrow(/has a size but no duration; give the memory's bandwidth/);
  });
});

describe('messages', () => {
  const send = (id: number, bytes: number, waits: number[] = [], tag = 0): NodeOfTest => ({
    id,
    type: 'send',
    waits,
    attributes: { comm_src: 0, comm_dst: 1, comm_tag: tag, comm_size: bytes },
  });
  const receive = (id: number, bytes: number, waits: number[] = [], tag = 0): NodeOfTest => ({
    ...send(id, bytes, waits, tag),
    type: 'receive',
  });

  test('leave when their sender is ready, and are there when their receiver is', () => {
    // Sent at 1 s, there at 1 + 1 + 0.5 s, work until 3.5 s.
    expect(
      seconds([
        [work(1), send(2, 500, [1])],
        [receive(1, 500), work(2, [1])],
      ]),
    ).toBeCloseTo(3.5, 12);
    // The receiver comes at 3 s to a message that has been there since 1.5 s.
    const busy = [work(1), work(2, [1]), work(3, [2]), receive(4, 500, [3])];
    expect(seconds([[send(2, 500)], busy])).toBeCloseTo(3, 12);
  });

  test('of one tag meet in order, of others by their tags', () => {
    const twoTags = [receive(1, 500, [], 7), work(2, [1]), receive(3, 2000, [], 8)];
    // Both share the link: 500 bytes each until 2 s, then 1,500 bytes more until 3.5 s.
    expect(seconds([[send(1, 2000, [], 8), send(2, 500, [], 7)], twoTags])).toBeCloseTo(3.5, 12);
    expect(() =>
      seconds([
        [send(1, 2000), send(2, 500)],
        [receive(1, 500), receive(2, 2000)],
      ]),
    ).toThrow(
      new UserError('t.0.et: node 1 ("n1"): 2000 bytes are sent, but t.1.et: node 1 ("n1") receives 500'),
    );
  });

  test('have two ends', () => {
    expect(() => seconds([[send(1, 5)], []])).toThrow(
      new UserError('t.0.et: node 1 ("n1"): nobody receives it'),
    );
    expect(() => seconds([[], [receive(1, 5)]])).toThrow(
      new UserError('t.1.et: node 1 ("n1"): nobody sends it'),
    );
    expect(() => seconds([[], [send(1, 5)]])).toThrow(
      new UserError('t.1.et: node 1 ("n1"): rank 1 sends what is rank 0\'s'),
    );
  });
});

describe('collectives', () => {
  const collective = (id: number, type: number, bytes: number, group?: string): NodeOfTest => ({
    id,
    type: 'collective',
    attributes: { comm_type: type, comm_size: bytes, ...(group !== undefined && { pg_name: group }) },
  });
  const ALL_REDUCE = 0;
  const BARRIER = 9;

  test('wait for their last rank and go over the network', () => {
    // Both ranks send each other halves twice: 2 (1 + 0.25) s after the second rank has worked for 1 s.
    const reduce = collective(2, ALL_REDUCE, 500);
    expect(seconds([[reduce], [work(1), { ...reduce, waits: [1] }]])).toBeCloseTo(3.5, 12);
  });

  test('of a barrier only wait', () => {
    const ranks = [
      [collective(1, BARRIER, 0), work(2, [1])],
      [work(1), { ...collective(2, BARRIER, 0), waits: [1] }],
    ];
    expect(seconds(ranks)).toBeCloseTo(2, 12);
  });

  test('without peers take their measured time', () => {
    expect(seconds([[{ ...collective(1, ALL_REDUCE, 500), micros: SECOND / 4 }]])).toBeCloseTo(0.25, 12);
  });

  test('of a process group are among its ranks, as a metadata node lists them', () => {
    // {id: 0, name: "g", type: metadata, inputs: {values: "['[…]']"}}
    const groups = (listed: string): Uint8Array => {
      const values = new TextEncoder().encode(listed);
      const inputs = [0x0a, values.length, ...values];
      const node = [0x12, 1, 0x67, 0x18, 1, 0x42, inputs.length, ...inputs];
      return Uint8Array.from([0, node.length, ...node]);
    };
    const rank = (listed: string, nodes: readonly NodeOfTest[], file: string) => {
      const rest = encoded(nodes);
      // Its own metadata message goes: it is the first, of 8 bytes.
      return readChakra(Uint8Array.from([...groups(listed), ...rest.subarray(8)]), file);
    };
    const listed = `['[{"pg_name": "7", "ranks": [0, 2]}, {"pg_name": "8", "ranks": []}]']`;
    const reduce = collective(2, ALL_REDUCE, 500, '7');
    const ranks = [[reduce], [work(1)], [work(1), { ...reduce, waits: [1] }]];
    const traces = ranks.map((nodes, i) => rank(listed, nodes, `t.${i}.et`));
    // As between two ranks: 2 (1 + 0.25) s after the work of the last one.
    expect(simulateActivities(chakraGraph(traces), switchOf(3, 1000, 0.5)).seconds).toBeCloseTo(3.5, 12);

    expect(() => chakraGraph([rank(listed, [collective(2, ALL_REDUCE, 5, '9')], 't.0.et')])).toThrow(
      new UserError('t.0.et: node 2: no metadata lists the process group "9"'),
    );
    expect(() => chakraGraph([rank("['[{pg_name}]']", [], 't.0.et')])).toThrow(
      /^t\.0\.et: node 0: process groups that cannot be read/,
    );
  });

  test('must be the same on all ranks', () => {
    expect(() => seconds([[collective(1, ALL_REDUCE, 500)], [collective(1, ALL_REDUCE, 400)]])).toThrow(
      new UserError(
        't.0.et: node 1 ("n1") is all-reduce of 500 bytes, but its counterpart t.1.et: node 1 ("n1") is all-reduce of 400 bytes',
      ),
    );
    expect(() => seconds([[collective(1, ALL_REDUCE, 500)], []])).toThrow(
      new UserError('t.0.et: node 1 ("n1"): rank 1 of its group takes no part in it'),
    );
    expect(() => seconds([[collective(1, 77, 500)], [collective(1, 77, 500)]])).toThrow(
      /unknown comm_type 77/,
    );
    expect(() => seconds([[collective(1, 3, 5)], [collective(1, 3, 5)]])).toThrow(
      /gather between ranks is not modelled/,
    );
  });
});
