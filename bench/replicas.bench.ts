import { findDevice, findLink } from '../devices/catalog/index.ts';
import { buildCluster } from '../devices/cluster-builder.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { MODELS } from '../graph/zoo/index.ts';
import { compilePlan } from '../sim/compile.ts';
import { simulate } from '../sim/engine.ts';
import { STRATEGIES } from '../sim/strategies/index.ts';
import { planBy } from '../sim/strategies/input.ts';

/*
 * 1,000 replicas of a sparse model, 20 synchronous steps over 16 parameter servers: what a large scenario takes. The limits
 * are 30 s and 2 GB on two cores.
 */

const WORKERS = 1000;
const STEPS = 20;
const SECONDS = 30;
const BYTES = 2e9;

const cpu = findDevice('xeon-e5-2699v3');
const nic = findLink('eth-10g');
const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
console.log('network            nodes  events       seconds  of 30 s  memory  of 2 GB');
for (const network of ['fluid', 'store-and-forward'] as const) {
  const start = process.cpuUsage();
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: WORKERS, cpu, accelerators, nic },
      { name: 'ps', tasks: 16, cpu, nic },
    ],
  });
  const plan = planBy(STRATEGIES.sync, {
    model: MODELS['lstm-512-512-sampled']!,
    batch: 128,
    cluster,
    workers: WORKERS,
    parameterServers: 16,
    updates: STEPS,
  });
  const { events } = simulate(compilePlan(plan, cluster, kernelSeconds), cluster, { network });
  const { user } = process.cpuUsage(start);
  const seconds = user / 1e6;
  const memory = process.resourceUsage().maxRSS * 1024;
  const nodes = plan.loops.at(-1)!.template.nodeCount;
  console.log(
    `${network.padEnd(17)}  ${String(nodes).padEnd(5)}  ${events.toExponential(2).padEnd(11)}  ${seconds.toFixed(1).padEnd(7)}  ${(seconds / SECONDS).toFixed(2).padEnd(7)}  ${(memory / 1e6).toFixed(0)} MB  ${(memory / BYTES).toFixed(2)}`,
  );
}
