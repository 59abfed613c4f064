import { expect, test } from 'vitest';
import { secondsBetweenRestarts } from '../../scenarios/checkpointing.ts';
import { gpuCluster } from '../sim/strategies/replica-training.ts';

test('a host that fails takes all its devices at once; devices fail each for itself', () => {
  const cluster = gpuCluster(2, 2);
  const residentBytes = Float64Array.from(cluster.devices, ({ name }) => (name.includes('GPU') ? 8 : 0));
  const between = (mtbf: object): number =>
    secondsBetweenRestarts({ failures: { mtbf: { hosts: '*', repair: '0 s', ...mtbf } } } as never, {
      cluster,
      compiled: { residentBytes },
    });
  expect(between({ host: '1 h' })).toBeCloseTo(1800, 9);
  expect(between({ device: '10 h' })).toBeCloseTo(9000, 9);
  expect(between({ host: '1 h', device: '10 h' })).toBeCloseTo(1500, 9);
  expect(between({ host: '1 h', hosts: 'worker/1' })).toBeCloseTo(3600, 9);
  expect(between({ host: '1 h', hosts: 'ps/*' })).toBe(Number.POSITIVE_INFINITY);
});
