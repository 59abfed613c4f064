import { expect, test } from 'vitest';
import {
  ActivityGraphBuilder,
  chakraFiles,
  chakraGraph,
  chooseAlgorithm,
  collectiveSeconds,
  criticalPath,
  customCluster,
  type DeviceModel,
  disturbancesOf,
  findDevice,
  findLink,
  foldedSeconds,
  makespan,
  planCollective,
  readChakra,
  resourceClasses,
  simulateActivities,
  singleRun,
  UserError,
  whatIf,
  writeCollective,
} from '../index.ts';

/*
 * The library as its users meet it: everything comes from the package's entry, and nothing else is imported.
 */

const RANKS = 4;
const link = findLink('eth-10g');
const names = Array.from({ length: RANKS }, (_, rank) => `gpu ${rank}`);
const cluster = customCluster({
  devices: names.map((name): { name: string; model: DeviceModel } => ({ name, model: findDevice('k40') })),
  links: names.map((from) => ({ from, to: 'switch', model: link })),
});
const devices = names.map((_, rank) => rank);
const task = { ranks: RANKS, bytes: 100e6 };

/** The example of docs/collectives.md. */
function allReduce() {
  const plan = planCollective('all-reduce', 'ring', task);
  const write = new ActivityGraphBuilder();
  writeCollective(write, plan, { devices });
  return { plan, graph: write.finish() };
}

test('a collective: simulated, by makespan, folded, and by its closed form', () => {
  const { plan, graph } = allReduce();
  const { seconds } = simulateActivities(graph, cluster);
  const linear = {
    latencySeconds: 2 * link.latencySeconds.value,
    secondsPerByte: 1 / link.bytesPerSecond.value,
    reduceSecondsPerByte: 0,
  };
  expect(seconds).toBeCloseTo(collectiveSeconds('all-reduce', 'ring', task, linear), 12);
  expect(makespan(singleRun(graph, cluster), cluster)).toBe(seconds);
  expect(foldedSeconds(plan, cluster, { devices })).toBeCloseTo(seconds, 12);
  expect(chooseAlgorithm('all-reduce', task, cluster, { devices }).seconds).toBeLessThanOrEqual(seconds);
});

test('a trace: written, read and replayed', () => {
  const { graph } = allReduce();
  const traces = chakraFiles(graph).map((bytes, rank) => readChakra(bytes, `rank ${rank}`));
  const { seconds } = simulateActivities(chakraGraph(traces), cluster);
  expect(seconds).toBe(simulateActivities(graph, cluster).seconds);
});

test('why it takes as long as it does, and what would help', () => {
  const write = new ActivityGraphBuilder();
  const forward = write.compute(write.stream(0), 2e-3, 'forward');
  const push = write.transfer(0, 1, link.bytesPerSecond.value, 'push');
  write.after(forward, push);
  const graph = write.finish();
  const simulation = simulateActivities(graph, cluster, { record: { from: 0, to: 1 } });
  const path = criticalPath(singleRun(graph, cluster), cluster, simulation);
  expect(path.map(({ part }) => part)).toEqual(['compute', 'transfer']);
  const used = { device: (device: number) => device === 0, link: () => true };
  const ranked = whatIf(cluster, resourceClasses(cluster, used), (changed, deviceFactor) => {
    return simulateActivities(graph, changed, { disturbances: { deviceFactor } }).seconds;
  });
  // A message of 1 s, after 2 ms of computing.
  expect(ranked[0]!.resource).toMatchObject({ kind: 'bandwidth', model: 'eth-10g' });
  expect(simulation.seconds - ranked[0]!.seconds).toBeCloseTo(1 - 1 / 1.1, 9);
});

test('disturbances: a device twice as slow takes twice as long', () => {
  const write = new ActivityGraphBuilder();
  write.compute(write.stream(0), 3);
  const slow = disturbancesOf({ deviceSigma: 0.5 }, cluster, 7);
  const { seconds } = simulateActivities(write.finish(), cluster, { disturbances: slow });
  expect(seconds).toBe(3 * slow.deviceFactor![0]!);
  expect(seconds).not.toBe(3);
});

test('mistakes are UserErrors', () => {
  expect(() => planCollective('all-reduce', 'rings', task)).toThrow(UserError);
  expect(() => new ActivityGraphBuilder().delay(-1)).toThrow(UserError);
  expect(() => readChakra(new Uint8Array([1]), 'x.et')).toThrow(UserError);
});
