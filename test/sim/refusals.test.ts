import { describe, expect, test } from 'vitest';
import { InternalError, UserError } from '../../base/errors.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import type { DeviceModel, LinkModel } from '../../devices/device.ts';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import type { DeadlockError } from '../../sim/deadlock.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';
import { fullMesh, islands, run } from './activities.ts';
import { tinyCluster } from './tiny.ts';

/** One message, of one line, short enough to read. */
function message(of: () => unknown): string {
  try {
    of();
  } catch (error) {
    const text = (error as Error).message;
    expect(text).not.toContain('\n');
    expect(text.length).toBeLessThan(600);
    return `${(error as Error).name}: ${text}`;
  }
  return 'nothing was refused';
}

describe('amounts', () => {
  const write = () => new ActivityGraphBuilder();
  const compute = (seconds: number) => () => {
    const one = write();
    one.compute(one.stream(0), seconds, 'forward');
  };

  test.each([Number.NaN, -1, -1e-300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s', (amount) => {
    expect(message(compute(amount))).toBe(
      `UserError: forward: a duration of ${amount} seconds; expected 0 or more`,
    );
    expect(message(() => write().delay(amount, 'wait'))).toBe(
      `UserError: wait: a duration of ${amount} seconds; expected 0 or more`,
    );
    expect(message(() => write().transfer(0, 1, amount))).toBe(
      `UserError: an activity: a size of ${amount} bytes; expected 0 or more`,
    );
  });

  test('0 is fine, of either sign', () => {
    const one = write();
    one.compute(one.stream(0), -0, 'nothing');
    one.transfer(0, 1, 0, 'no bytes');
    expect(
      run(
        one.finish(),
        fullMesh(2, () => 10, 0.5),
      ).times,
    ).toEqual({ nothing: [0, 0], 'no bytes': [0, 0.5] });
  });
});

describe('what is not there', () => {
  test('a device of the cluster', () => {
    for (const device of [2, -1]) {
      const expected = `an activity is on device ${device}; the cluster has 2 devices, from 0`;
      const computing = new ActivityGraphBuilder();
      computing.compute(computing.stream(device), 1);
      const sending = new ActivityGraphBuilder();
      sending.transfer(0, device, 1);
      for (const graph of [computing.finish(), sending.finish()]) {
        expect(() => simulateActivities(graph, islands('a', 'b'))).toThrow(new UserError(expected));
      }
    }
  });

  test('a stream or an activity of the graph', () => {
    const write = new ActivityGraphBuilder();
    write.join();
    expect(() => write.compute(0, 1)).toThrow(new InternalError('there is no stream 0'));
    expect(() => write.after(0, 1)).toThrow(new InternalError('there is no activity 1'));
    expect(() => write.after(-1, 0)).toThrow(new InternalError('there is no activity -1'));
  });

  test('a way from one device to the other', () => {
    const quantity = (value: number) => ({ value, evidence: 'assumed', source: 'made up' }) as const;
    const cpu = { id: 'cpu', name: 'CPU', kind: 'CPU' } as DeviceModel;
    const nic: LinkModel = {
      id: 'nic',
      name: 'NIC',
      bytesPerSecond: quantity(10),
      rawBytesPerSecond: quantity(10),
      latencySeconds: quantity(0),
    };
    // Two switches without a trunk.
    const cluster = buildCluster({
      jobs: [
        { name: 'a', tasks: 1, cpu, nic, switch: 'left' },
        { name: 'b', tasks: 1, cpu, nic, switch: 'right' },
      ],
    });
    const write = new ActivityGraphBuilder();
    write.transfer(0, 1, 10);
    const text = message(() => simulateActivities(write.finish(), cluster));
    expect(text).toMatch(/^UserError: /);
    expect(text).toContain('/job:a/task:0/device:CPU:0');
    expect(text).toContain('/job:b/task:0/device:CPU:0');
  });
});

describe('what never happens', () => {
  test('a circle', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    const [a, b, c] = [
      write.compute(stream, 2, 'a'),
      write.compute(stream, 1, 'b'),
      write.compute(stream, 1, 'c'),
    ];
    write.after(a, b);
    write.after(b, c);
    write.after(c, b);
    const go = () => simulateActivities(write.finish(), islands('x'));
    expect(message(go)).toBe(
      'DeadlockError: deadlock after 2 simulated seconds; 2 nodes are blocked: step: b (compute) waits for 1 of its inputs; step: c (compute) waits for 1 of its inputs',
    );
  });

  test('a circle of many is told in short', () => {
    const write = new ActivityGraphBuilder();
    const all = Array.from({ length: 1000 }, () => write.join());
    for (const [i, one] of all.entries()) write.after(one, all[(i + 1) % all.length]!);
    const go = () => simulateActivities(write.finish(), islands('x'));
    expect(message(go)).toMatch(/; and 992 more$/);
    try {
      go();
    } catch (error) {
      expect((error as DeadlockError).blocked).toHaveLength(1000);
    }
  });

  test.each(['fluid', 'store-and-forward', 'whole-messages'] as const)(
    'a message over a link without bandwidth: %s',
    (network) => {
      const cluster = tinyCluster(['a', 'b'], [['a → b', 0, 0]], { '0>1': [0] });
      const write = new ActivityGraphBuilder();
      const stream = write.stream(1);
      write.after(write.transfer(0, 1, 10, 'push'), write.compute(stream, 1, 'use'));
      const go = () => simulateActivities(write.finish(), cluster, { network });
      expect(message(go)).toBe(
        'DeadlockError: deadlock after 0 simulated seconds; 2 nodes are blocked: step: push (transfer) waits for bandwidth on its route (a → b); step: use (compute) waits for 1 of its inputs',
      );
    },
  );

  test.each(['fluid', 'store-and-forward', 'whole-messages'] as const)(
    'but one of no bytes arrives: %s',
    (network) => {
      const cluster = tinyCluster(['a', 'b'], [['a → b', 0, 0.5]], { '0>1': [0] });
      const write = new ActivityGraphBuilder();
      write.transfer(0, 1, 0);
      expect(simulateActivities(write.finish(), cluster, { network }).seconds).toBe(0.5);
    },
  );
});
