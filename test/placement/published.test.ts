import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { Checks } from '../../bench/placement/checks.ts';
import { gapsOf } from '../../bench/placement/gaps.ts';
import { benchPlacement, SECTIONS } from '../../bench/placement/index.ts';
import { readMatrices } from '../../bench/placement/instances/canonical.ts';
import { constructed } from '../../bench/placement/instances/constructed.ts';
import { readUnrelated } from '../../bench/placement/instances/heterogeneous.ts';
import { instanceOf } from '../../bench/placement/instances/instance.ts';
import { readProfile, trainingStep } from '../../bench/placement/instances/pipedream.ts';
import { readGxl } from '../../bench/placement/instances/sinnen.ts';
import { onProcessors, readOptima, readStandardTaskGraph } from '../../bench/placement/instances/stg.ts';
import { Published } from '../../bench/placement/published.ts';
import { refutation } from '../../bench/placement/refutation.ts';
import { replayedSeconds, scheduleFault } from '../../bench/placement/replay.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import { staticListSchedule } from '../../placement/static-list.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/placement/', import.meta.url));

describe('readers', () => {
  it('put tasks into topological order, and say where each came to', () => {
    const { problem, position } = instanceOf(
      'backwards',
      [3, 2, 1],
      [
        { from: 2, to: 1, cost: 5 },
        { from: 1, to: 0, cost: 7 },
      ],
      2,
    );
    expect([...position]).toEqual([2, 1, 0]);
    expect(problem.name).toEqual(['2', '1', '0']);
    expect([...problem.seconds]).toEqual([1, 1, 2, 2, 3, 3]);
    expect([...problem.bytes]).toEqual([5, 7]);
  });

  it('refuse a circle', () => {
    const circle = [
      { from: 0, to: 1, cost: 0 },
      { from: 1, to: 0, cost: 0 },
    ];
    expect(() => instanceOf('circle', [1, 1], circle, 2)).toThrow('circle');
  });

  it('read matrices of the worked examples', () => {
    const { problem } = readMatrices('two', 'T,T0,T1\nT0,0,4\nT1,0,0\n', 'TP,P_0,P_1\nT_0,1,2\nT_1,3,5');
    expect([...problem.seconds]).toEqual([1, 2, 3, 5]);
    expect([...problem.bytes]).toEqual([4]);
    expect([...problem.input]).toEqual([0]);
  });

  it('read standard task graphs without their dummy tasks', () => {
    const text = `2
      0  0  0
      1  7  1  0
      2  4  2  0  1
      3  0  1  2
# CP Length           : 11
`;
    const graph = readStandardTaskGraph('2/tiny.stg', text);
    expect(graph).toEqual({ name: '2/tiny.stg', seconds: [7, 4], edges: [[0, 1]], criticalPath: 11 });
    expect(readOptima('2/tiny.stg,4,11\n')).toEqual([{ name: '2/tiny.stg', processors: 4, optimum: 11 }]);
    const { problem, optimum } = onProcessors(graph, 4, 11);
    expect(problem.deviceCount).toBe(4);
    expect(lowerBounds(problem).seconds).toBe(optimum);
  });

  it('read GXL, with processors beyond their count, and nodes in any order', () => {
    const int = (name: string, value: number) => `<attr name="${name}"><int>${value}</int></attr>`;
    const node = (id: number, weight: number, start: number, processor: number) =>
      `<node id="${id}">${int('Start time', start)}${int('Weight', weight)}${int('Processor', processor)}</node>`;
    const graph = `<gxl><graph id="g">${int('Number of processors', 2)} ${int('Total schedule length', 9)}
      ${node(7, 4, 5, 3)}${node(3, 2, 0, 9)}<edge from="3" to="7">${int('Weight', 3)}</edge></graph></gxl>`;
    const instance = readGxl('2p_Chain_Nodes_2_CCR_0.98_WeightType_Random.gxl', graph);
    expect(instance.ratio).toBe(1);
    expect([...instance.position]).toEqual([1, 0]);
    expect([...instance.schedule.placement]).toEqual([1, 0]);
    expect([...instance.schedule.start]).toEqual([0, 5]);
    expect(scheduleFault(instance.problem, instance.schedule)).toBeUndefined();
    expect(replayedSeconds(instance.problem, instance.schedule)).toBe(9);
  });

  it('read programs on unrelated machines', () => {
    const text = '#critical\n0.0\n#tasks\n0: 5, 10\n1: 1.50, 2\n#edges\n0:  0, 1, 4\n#end';
    const { problem } = readUnrelated('two', text);
    expect([...problem.seconds]).toEqual([5, 10, 1.5, 2]);
    expect([...problem.bytes]).toEqual([4]);
  });

  it('read measured layers, inputs without their time, and make a training step of them', () => {
    const text = `node2 -- Linear(4, 2) -- forward_compute_time=2.0, backward_compute_time=3.0, activation_size=[8.0; 4.0], parameter_size=32.000
node1 -- Input0 -- forward_compute_time=90.0, backward_compute_time=5.0, activation_size=16.0, parameter_size=0.000
node3 -- ReLU -- forward_compute_time=1.0, backward_compute_time=0.5, activation_size=8.0, parameter_size=0.000
\tnode1 -- node2
\tnode2 -- node3
`;
    const layers = readProfile(text);
    expect(layers.map(({ id, inputs }) => [id, ...inputs])).toEqual([['node1'], ['node2', 0], ['node3', 1]]);
    expect(layers.map(({ activationBytes }) => activationBytes)).toEqual([16, 12, 8]);
    const problem = trainingStep(layers, { devices: 2, bytesPerSecond: 4, latencySeconds: 0 });
    expect(problem.name).toEqual([
      'node1',
      'node2',
      'node3',
      'gradients/node3',
      'gradients/node2',
      'gradients/node1',
    ]);
    expect([...problem.group]).toEqual([0, 1, 2, 2, 1, 0]);
    expect([...problem.forward]).toEqual([-1, -1, -1, 2, 1, 0]);
    expect([...problem.residentBytes]).toEqual([0, 96, 0, 0, 0, 0]);
    // Layers 1 and 2 here, 3 there: 12 bytes cross, and as many come back.
    const timer = new ListTimer(problem);
    expect(timer.seconds(Int32Array.of(0, 0, 0, 0, 0, 0))).toBeCloseTo(0.0065, 12);
    expect(timer.seconds(Int32Array.of(0, 0, 1, 1, 0, 0))).toBeCloseTo(3 + 0.0065 + 3, 12);
  });
});

describe('an instance made around a schedule', () => {
  it.each([
    [1, 0.1],
    [1, 10],
    [3, 1],
  ])('has that schedule as its optimum (slowest %d, ratio %d)', (slowest, ratio) => {
    for (let seed = 0; seed < 20; seed++) {
      const { problem, optimum, schedule } = constructed(
        { tasks: 24, devices: 4, slowest, ratio },
        stream(seed, 'constructed'),
      );
      expect(scheduleFault(problem, schedule)).toBeUndefined();
      expect(replayedSeconds(problem, schedule)).toBe(optimum);
      let least = 0;
      for (let row = 0; row < problem.seconds.length; row += 4)
        least += Math.min(...problem.seconds.subarray(row, row + 4));
      expect(least).toBe(4 * optimum);
    }
  });
});

describe('a schedule', () => {
  /** Two sources of 2 s, and a sink of 1 s that gets 3 bytes of each. */
  const { problem } = instanceOf(
    'join',
    [2, 2, 1],
    [
      { from: 0, to: 2, cost: 3 },
      { from: 1, to: 2, cost: 3 },
    ],
    2,
  );
  const schedule = (placement: number[], start: number[], seconds: number) => ({
    placement: Int32Array.from(placement),
    start: Float64Array.from(start),
    seconds,
  });

  it('takes in the simulator what it says', () => {
    expect(replayedSeconds(problem, schedule([0, 1, 0], [0, 0, 5], 6))).toBe(6);
    expect(replayedSeconds(problem, schedule([0, 0, 0], [2, 0, 4], 5))).toBe(5);
  });

  it('may not start before its inputs are there, nor overlap, nor end at another time than it says', () => {
    expect(scheduleFault(problem, schedule([0, 1, 0], [0, 0, 5], 6))).toBeUndefined();
    expect(scheduleFault(problem, schedule([0, 1, 0], [0, 0, 4], 5))).toContain('an input arrives at 5');
    expect(scheduleFault(problem, schedule([0, 0, 0], [0, 1, 4], 5))).toContain('its device is free at 2');
    expect(scheduleFault(problem, schedule([0, 0, 0], [0, 2, 4], 4))).toContain('ends at 5, not at 4');
  });
});

describe('a published optimum', () => {
  /** 2 s, then four tasks of 3 s side by side, then 2 s: on two processors 2 + 6 + 2. */
  const fork = (optimum: number) =>
    onProcessors(
      {
        name: 'fork',
        seconds: [2, 3, 3, 3, 3, 2],
        edges: [1, 2, 3, 4].flatMap((task): [number, number][] => [
          [0, task],
          [task, 5],
        ]),
        criticalPath: 7,
      },
      2,
      optimum,
    );

  it('is refuted by tasks that need more', () => {
    expect(refutation(fork(9).problem, 9)).toEqual({
      head: 2,
      tail: 2,
      tasks: [1, 2, 3, 4],
      work: 12,
      length: 10,
    });
    expect(refutation(fork(10).problem, 10)).toBeUndefined();
  });

  it('may not be beaten: a schedule below it is reported', () => {
    const checks = new Checks();
    const instance = { ...fork(12.5), optimum: 12.5 };
    const found = gapsOf({ name: 'list', schedule: staticListSchedule }, [{ instance, group: 'g' }], checks);
    expect(found.gap[0]).toBeCloseTo(-0.2, 12);
    expect(checks.count).toBe(2);
    expect(checks.failures).toEqual(['list: 1 below the optimum, first fork on 2: 10, optimum 12.5']);
  });

  it('may not be reached by what is no schedule', () => {
    const checks = new Checks();
    const instance = { ...fork(10), optimum: 10 };
    const schedule = () => ({ placement: new Int32Array(6), start: new Float64Array(6), seconds: 9 });
    gapsOf({ name: 'cheat', schedule }, [{ instance, group: 'g' }], checks);
    expect(checks.failures[0]).toContain('cheat: 1 wrong schedules');
  });
});

describe.skipIf(!existsSync(FOLDER))('published instances (where ../shared/placement is there)', () => {
  const published = new Published(FOLDER);

  it('have recorded schedules that the simulator takes as long for, all of them', () => {
    const recorded = published.recorded();
    expect(recorded.length).toBeGreaterThan(300);
    for (const { name, problem, schedule, optimum } of recorded) {
      expect.soft(scheduleFault(problem, schedule), name).toBeUndefined();
      expect.soft(replayedSeconds(problem, schedule), name).toBe(optimum);
    }
  });

  it('have no optimum below a bound', () => {
    for (const { name, problem, optimum } of published.recorded())
      expect.soft(lowerBounds(problem).seconds, name).toBeLessThanOrEqual(optimum);
  });

  it('time the same with a list timer as in the simulator', () => {
    for (const { problem } of published.unrelated()) {
      const timer = new ListTimer(problem);
      for (let seed = 0; seed < 10; seed++) {
        const placement = Int32Array.from(
          { length: problem.taskCount },
          (_, task) => ((task + 1) * (seed + 3) * 7919) % problem.deviceCount,
        );
        const seconds = timer.seconds(placement);
        expect(replayedSeconds(problem, { placement, start: timer.start, seconds })).toBeCloseTo(seconds, 9);
      }
    }
  });

  const quick = SECTIONS.filter(({ name }) => name === 'canonical' || name === 'heterogeneous');
  for (const { name } of quick) {
    it(`hold all checks of the benchmark's section "${name}"`, async () => {
      const { count, failures } = await benchPlacement(FOLDER, {
        quick: true,
        only: [name],
        print: () => {},
        progress: () => {},
      });
      expect(failures).toEqual([]);
      expect(count).toBeGreaterThan(0);
    });
  }

  it('are needed by the benchmark', async () => {
    const options = { print: () => {}, progress: () => {} };
    await expect(benchPlacement('/nowhere', options)).rejects.toThrow('no published instances in /nowhere');
    await expect(benchPlacement(FOLDER, { ...options, only: ['all'] })).rejects.toThrow('no section "all"');
  });
});
