/* Which op of an ONNX file on which GPU? Three placers, and what no placement can beat. */

import { fileURLToPath } from 'node:url';
import { parseScenario, runScenario } from 'stepcast';

const file = fileURLToPath(new URL('images.onnx', import.meta.url));
const scenario = parseScenario(
  `title: images.onnx on two T4s
cluster:
  workers: { count: 1, cpu: xeon-8259cl, accelerator: t4, accelerators: 2, bus: pcie3-x16 }
  network: { link: eth-25g }
experiments:
  - kind: placement
    name: images
    model: { file: ${JSON.stringify(file)}, dims: { batch: 512 } }
    placers: [single-device, round-robin, heft]
`,
  'placing.yaml',
);
const { placement } = await runScenario(scenario, { seed: scenario.seed });
for (const { label, stepSeconds } of placement[0]!.runs) {
  console.log(`${label}: ${(1e3 * stepSeconds).toFixed(2)} ms`);
}
