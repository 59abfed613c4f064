/* How fast do 1 to 8 workers train the classifier of an ONNX file, and does a million images cost more by many? */

import { fileURLToPath } from 'node:url';
import {
  buildCluster,
  compilePlan,
  findDevice,
  findLink,
  kernelSeconds,
  planBy,
  readModelFile,
  STRATEGIES,
  simulate,
  trainable,
} from 'stepcast';

const file = fileURLToPath(new URL('images.onnx', import.meta.url));
const model = trainable((batch) => readModelFile(file, { dims: { batch } }), { name: 'images' });
const [batch, updates, dollarsPerHour] = [64, 20, 0.526];

for (const workers of [1, 2, 4, 8]) {
  const cluster = buildCluster({
    jobs: [
      {
        name: 'worker',
        tasks: workers,
        cpu: findDevice('xeon-8259cl'),
        accelerators: { model: findDevice('t4'), count: 1, bus: findLink('pcie3-x16') },
        nic: findLink('eth-25g'),
      },
    ],
  });
  const plan = planBy(STRATEGIES['all-reduce'], { model, batch, cluster, workers, updates });
  const { seconds } = simulate(compilePlan(plan, cluster, kernelSeconds), cluster);
  const rate = (workers * batch * updates) / seconds;
  const dollars = (1e6 / rate / 3600) * workers * dollarsPerHour;
  console.log(`${workers} workers: ${Math.round(rate)} images/s, ${dollars.toFixed(4)} $ per million`);
}
