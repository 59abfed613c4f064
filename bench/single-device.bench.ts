import { findDevice } from '../devices/catalog/index.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { graphWork } from '../graph/cost.ts';
import { MODELS } from '../graph/zoo/index.ts';
import { trainingGraph } from '../scenarios/model-summary.ts';

/*
 * Predicted against published training throughput of one device. Published: TensorFlow benchmarks, May 2017
 * (tensorflow/tensorflow, docs_src/performance/benchmarks.md at 5984ffef): synthetic data, one GPU, float32.
 */

const PUBLISHED = [
  { device: 'p100', batch: 64, imagesPerSecond: 142 },
  { device: 'p100', batch: 32, imagesPerSecond: 128 },
  { device: 'k80', batch: 64, imagesPerSecond: 30.5 },
  { device: 'k80', batch: 32, imagesPerSecond: 29.3 },
] as const;

console.log('Inception-v3  device  batch  predicted   published   predicted / published');
for (const { device, batch, imagesPerSecond } of PUBLISHED) {
  const graph = trainingGraph(MODELS['inception-v3-published']!, batch, 'float32', 0.1);
  const model = findDevice(device);
  const seconds = graphWork(graph).reduce((sum, work) => sum + kernelSeconds(work, model), 0);
  const predicted = batch / seconds;
  console.log(
    `              ${device.padEnd(7)} ${String(batch).padEnd(6)} ${`${predicted.toFixed(1)}/s`.padEnd(11)} ${`${imagesPerSecond}/s`.padEnd(11)} ${(predicted / imagesPerSecond).toFixed(2)}`,
  );
}
