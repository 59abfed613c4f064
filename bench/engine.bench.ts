import { findDevice, findLink } from '../devices/catalog/index.ts';
import { buildCluster } from '../devices/cluster-builder.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { MODELS } from '../graph/zoo/index.ts';
import { compilePlan } from '../sim/compile.ts';
import { simulate } from '../sim/engine.ts';
import { EventQueue } from '../sim/event-queue.ts';
import { STRATEGIES } from '../sim/strategies/index.ts';
import { planBy } from '../sim/strategies/input.ts';
import { cpuSeconds } from './measure.ts';

/*
 * Synchronous training of Inception-v3 on n K40 workers and 2 parameter servers. The limit to compare with is the
 * event queue alone, holding as many events: no engine can handle events faster than its queue hands them out.
 */

console.log('workers  updates  events      engine          queue alone     engine / queue');
for (const workers of [1, 8, 32]) {
  const updates = Math.ceil(32 / workers);
  const cpu = findDevice('xeon-e5-2699v3');
  const nic = findLink('eth-10g');
  const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: workers, cpu, accelerators, nic },
      { name: 'ps', tasks: 2, cpu, nic },
    ],
  });
  const plan = planBy(STRATEGIES.sync, {
    model: MODELS['inception-v3']!,
    batch: 32,
    cluster,
    workers,
    parameterServers: 2,
    updates,
  });
  const compiled = compilePlan(plan, cluster, kernelSeconds);
  let events = 0;
  const engine = cpuSeconds(3, () => {
    events = simulate(compiled, cluster).events;
  });
  const queue = cpuSeconds(3, () => {
    const alone = new EventQueue();
    for (let i = 0; i < 2 * workers; i++) alone.push(i, 0, i, 0);
    for (let i = 0; i < events; i++) {
      alone.pop();
      alone.push(alone.time + 1 + (i & 7), 0, alone.a, 0);
    }
  });
  const rate = (seconds: number): string => `${(events / seconds / 1e6).toFixed(1)} M events/s`.padEnd(15);
  console.log(
    `${String(workers).padEnd(8)} ${String(updates).padEnd(8)} ${String(events).padEnd(11)} ${rate(engine)} ${rate(queue)} ${(queue / engine).toFixed(2)}`,
  );
}
