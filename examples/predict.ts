/* How long does one run of an ONNX file take on three devices? */

import { fileURLToPath } from 'node:url';
import { parameterCount, predict, readModelFile, totalFlops } from 'stepcast';

const file = fileURLToPath(new URL('images.onnx', import.meta.url));
const { graph } = readModelFile(file, { dims: { batch: 32 } });
console.log(`${parameterCount(graph).elements} parameters, ${(totalFlops(graph) / 1e9).toFixed(2)} GFLOP`);

for (const id of ['k80', 't4', 'v100']) {
  const { device, seconds } = predict(graph, id);
  console.log(`${(1e3 * seconds).toFixed(2)} ms on ${device}`);
}
