import type { DType } from '../base/dtype.ts';
import { FITS } from '../devices/catalog/fits.ts';
import { findDevice, findLink, findNode } from '../devices/catalog/index.ts';
import { findStack } from '../devices/catalog/stacks.ts';
import type { ArithmeticType, DeviceModel } from '../devices/device.ts';
import { deviceFacts, fitFact, linkFacts, nodeFacts, stackFacts } from '../devices/facts.ts';
import { INFERENCE_MODELS, STRATEGIES } from './catalog.ts';
import { topologyLinks } from './cluster-topology.ts';
import { disturbanceFacts } from './disturbance-facts.ts';
import { economyFacts } from './economy-facts.ts';
import { networkLink } from './experiment-cluster.ts';
import { computingDeviceOf } from './inference.ts';
import type { Assumption } from './results.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import { areAlike } from './settings.ts';

/** Every number that the figures rest on: the catalog's with their sources, and the scenario's own. */
export function assumptionsOf(scenario: Scenario): Assumption[] {
  const { workers, parameter_servers } = scenario.cluster;
  const trains = scenario.experiments.some(({ kind }) => kind === 'training');
  const crossesNetwork = trains || workers.count > 1;
  const devices = [
    ...new Set([
      workers.cpu,
      ...(workers.accelerator === undefined ? [] : [workers.accelerator]),
      ...(workers.more_accelerators ?? []),
    ]),
  ];
  if (trains && parameter_servers !== undefined) devices.push(parameter_servers.cpu);
  devices.push(...servingDevices(scenario));
  const feeds =
    workers.accelerator !== undefined &&
    parameter_servers?.cpu !== workers.cpu &&
    scenario.experiments.every(({ kind }) => kind === 'training');
  const facts: Assumption[] = [...new Set(devices)].flatMap((id) => {
    const device = findDevice(id);
    const facts = deviceFacts(device, typesOn(device, scenario));
    return id === workers.cpu && feeds ? ofFeeder(facts) : facts;
  });
  if (workers.node !== undefined) facts.push(...nodeFacts(findNode(workers.node)));
  if (workers.accelerator !== undefined) facts.push(...linkFacts(findLink(workers.bus)));
  if (workers.peer_link !== undefined) facts.push(...linkFacts(findLink(workers.peer_link)));
  if (crossesNetwork) facts.push(...linkFacts(networkLink(scenario.cluster)));
  for (const link of topologyLinks(scenario.cluster.topology)) facts.push(...linkFacts(link));
  if (scenario.runtime.stack !== undefined) facts.push(...stackFacts(findStack(scenario.runtime.stack)));
  facts.push(...collectiveFacts(scenario), ...servingNodeFacts(scenario), ...economyFacts(scenario.cluster));
  return trains ? [...facts, ...disturbanceFacts(scenario)] : facts;
}

/** Of the model of GPUs' communication libraries, where workers exchange tensors by it. */
function collectiveFacts({ cluster, experiments }: Scenario): Assumption[] {
  const { accelerator } = cluster.workers;
  const exchanges = experiments.some(
    (experiment) =>
      experiment.kind === 'training' &&
      experiment.strategies.some(({ kind }) => !STRATEGIES[kind].usesServers),
  );
  if (!exchanges || accelerator === undefined || findDevice(accelerator).kind !== 'GPU') return [];
  return FITS.filter(({ id }) => id.startsWith('collectives-')).map(fitFact);
}

/**
 * Types of arithmetic that the experiments use on a device: their own, those that products of these are computed in, and
 * float32, which element-wise ops are priced by; `default` where kernels of some type are those of all.
 */
function typesOn(device: DeviceModel, { experiments }: Scenario): ReadonlySet<string> {
  const own = experiments.flatMap(({ kind, model }): DType[] => {
    if ('file' in model) return ['float32', 'float16', 'int8'];
    if (kind === 'inference' || Object.hasOwn(INFERENCE_MODELS, model.name)) return ['int8', 'float16'];
    return [model.precision];
  });
  const products = own.map((type): ArithmeticType => device.multiplyType?.[type]?.type ?? type);
  const kernels = products.map((type) => (device.kernels[type] === undefined ? 'default' : type));
  return new Set([...own, ...products, ...kernels, 'float32']);
}

/** Of a host that only feeds accelerators, the time to dispatch an op is all that times rest on. */
function ofFeeder(facts: readonly Assumption[]): Assumption[] {
  return facts.map((fact) =>
    fact.what.includes('dispatch') ? fact : { ...fact, decides: fact.decides ?? 'nothing' },
  );
}

function servingDevices({ experiments }: Scenario): string[] {
  return experiments.flatMap((experiment) =>
    experiment.kind === 'inference'
      ? experiment.servers.map(({ device, node }) => device ?? computingDeviceOf(findNode(node!)))
      : [],
  );
}

/** Prices and powers of nodes that serve, which their costs rest on. */
function servingNodeFacts({ cluster, experiments }: Scenario): Assumption[] {
  const nodes = experiments.flatMap((experiment) =>
    experiment.kind === 'inference' ? experiment.servers.flatMap(({ node }) => node ?? []) : [],
  );
  const others = [...new Set(nodes)].filter((node) => node !== cluster.workers.node);
  return others.flatMap((node) => nodeFacts(findNode(node)).filter(({ decides }) => decides === 'economy'));
}

/** What the model leaves out, for the reader to weigh. */
export function caveatsOf(scenario: Scenario): string[] {
  const caveats = [
    'Times are predictions of a cost model, not measurements; the table of assumptions says how well each number is known.',
    'Memory is that of values and variables, with the allocator’s overhead as one factor; what does not fit is said, and timed as if it did.',
    executionCaveat(scenario),
    FUSION_CAVEATS[scenario.runtime.fusion],
    'Costs are those of renting whole hosts at the price that is given, for as long as steps take; energy is that of the machines: cooling, switches and storage are in neither, and both are of mean times.',
    scenario.runtime.network === 'fluid'
      ? 'Messages share links fairly and at once: there is no congestion control, no loss, and no packet that waits in a buffer.'
      : 'Messages queue on links, first come, first served; they are cut into at most 64 segments of at least 16 KiB, and each hop after the first adds the time of one segment.',
  ];
  if (scenario.experiments.some(({ kind }) => kind === 'placement')) {
    caveats.push('Placements are compared undisturbed: noise, failures and trials are of training only.');
  }
  if (scenario.experiments.some(({ kind }) => kind === 'inference')) {
    caveats.push(
      'Requests come at random and independently; each device has a queue of its own, takes what waits, and is as long busy with few requests as with a full batch.',
      'Inputs of a batch are copied while the one before is computed; the time of the host is what the scenario says.',
    );
  }
  if (scenario.experiments.some(({ kind }) => kind === 'training')) {
    caveats.push(
      "The input pipeline is free: the next batch is always in the memory of the worker's host.",
      "Remote procedure calls cost what the network's latency says; serialisation and the runtime's threads are not modelled.",
      'Straggling steps are those of workers; parameter servers are slow only where spells or spreads of devices say so.',
    );
    caveats.push(...exchangeCaveats(scenario));
    if (scenario.failures !== undefined) caveats.push(...FAILURE_CAVEATS);
  }
  return caveats;
}

const FAILURE_CAVEATS: readonly string[] = [
  'Machines fail independently of each other, at constant rates, and as a whole; those that are repaired are as good as before.',
  'Where a worker of an all-reduce is lost, all go back to the checkpoint: the copies of the variables that the others have are not used to go on without it.',
  'A checkpoint takes as long as the scenario says, whatever the size of the variables; it is written while workers that need not wait go on.',
];

const FUSION_CAVEATS: { readonly [F in Scenario['runtime']['fusion']]: string } = {
  catalog:
    'Element-wise ops that follow one another are one pass over memory on devices whose catalog entry says that their compiler does it, and one kernel each on all others.',
  all: 'Element-wise ops that follow one another are one pass over memory on every device, as the scenario asks.',
  none: 'Every element-wise op is a kernel of its own on every device, as the scenario asks.',
};

/** What is left out where workers exchange tensors themselves. */
function exchangeCaveats(scenario: Scenario): string[] {
  const exchanging = scenario.experiments.filter(
    (experiment): experiment is TrainingScenario =>
      experiment.kind === 'training' &&
      experiment.strategies.some(({ kind }) => !STRATEGIES[kind].usesServers),
  );
  if (exchanging.length === 0) return [];
  const folded = exchanging.some((experiment) => areAlike(scenario, experiment));
  return [
    'Exchanges between workers take nothing from what computes meanwhile: no multiprocessors and no memory bandwidth.',
    ...(folded
      ? [
          'Replicas and tensor ranks that do the same at the same time are simulated once: figures of devices and links are of those, and their traffic is timed with that of the others.',
        ]
      : []),
  ];
}

function executionCaveat({ runtime: { ops_at_a_time, ready_policy } }: Scenario): string {
  const { cpu, accelerator } = ops_at_a_time;
  const order =
    ready_policy === 'fifo'
      ? 'in the order in which ops become ready'
      : 'those with the longest way to go first';
  return cpu === 1 && accelerator === 1
    ? `A device runs one op at a time, ${order}; kernels do not slow each other down.`
    : `A CPU runs ${cpu} and an accelerator ${accelerator} ops at a time, ${order}; they share the device evenly.`;
}
