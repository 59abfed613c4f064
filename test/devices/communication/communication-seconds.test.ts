import { describe, expect, it } from 'vitest';
import {
  communicationTime,
  communicationTimes,
} from '../../../devices/communication/communication-seconds.ts';
import type { GroupPaths } from '../../../devices/communication/group-paths.ts';
import type { CommunicationParameters } from '../../../devices/communication/parameters.ts';

/** Round figures, so that times can be derived by hand. */
const PARAMETERS: CommunicationParameters = {
  baseSeconds: 10e-6,
  inSwitchBaseSeconds: 8e-6,
  peerStepLL: 1e-6,
  peerStepLL128: 2e-6,
  peerStepSimple: 4e-6,
  busStepSimple: 5e-6,
  networkStepLL: 3e-6,
  shareLL: 0.25,
  shareLL128: 0.9,
  copyShare: 0.5,
  nvlink2Share: 1,
  nvlink3Share: 1,
  busShare: 0.9,
  bridgeShare: 0.75,
  stagedShare: 0.8,
  forwardShare: 0.8,
  inSwitchRamp: 1e-14,
};

const GB = 1e9;

function ofHosts(count: number, perHost: number, more: Partial<GroupPaths> = {}): GroupPaths {
  const ranks = Array.from({ length: count }, (_, h) =>
    Array.from({ length: perHost }, (_, i) => h * perHost + i),
  );
  const within = {
    medium: 'peer',
    link: 'nvlink3',
    ringBytesPerSecond: 100 * GB,
    portBytesPerSecond: 100 * GB,
    crossesHost: false,
  } as const;
  return {
    ranks: count * perHost,
    hosts: ranks,
    perHost,
    memoryBytesPerSecond: 1000 * GB,
    ...(perHost > 1 && { within }),
    ...(count > 1 && { between: { bytesPerSecond: 40 * GB, latencySeconds: 1e-6 } }),
    ...more,
  };
}

const timeOf = (
  paths: GroupPaths,
  bytes: number,
  algorithm: string,
  protocol: string,
  collective = 'all-reduce',
): number =>
  communicationTimes({ collective, bytes }, paths, PARAMETERS).find(
    (time) => time.algorithm === algorithm && time.protocol === protocol,
  )!.seconds;

describe('rings', () => {
  it('in a host: base, 2(N−1) steps, 2(N−1)/N of the bytes, and the last chunk’s copy', () => {
    // 10 + 6·4 us; 1.5·1 GB at 100 GB/s; 250 MB at 500 GB/s
    expect(timeOf(ofHosts(1, 4), 1 * GB, 'ring', 'Simple')).toBeCloseTo(34e-6 + 15e-3 + 0.5e-3, 12);
    // LL: 10 + 6·1 us; a quarter of the bandwidth; no chunks
    expect(timeOf(ofHosts(1, 4), 1000, 'ring', 'LL')).toBeCloseTo(16e-6 + 1500 / (25 * GB), 15);
  });

  it('between hosts: 2(H−1) of the steps, and the slower of both bandwidths', () => {
    // 6 of 14 steps… over 4 hosts of 2: 6 over the network (14 + 1 us), 8 inside (4 us)
    expect(timeOf(ofHosts(4, 2), 1 * GB, 'ring', 'Simple')).toBeCloseTo(
      10e-6 + 6 * 15e-6 + 8 * 4e-6 + 1.75 / 40 + 1 / 8 / 500,
      12,
    );
  });

  it('gathering and scattering are half of that', () => {
    for (const collective of ['all-gather', 'reduce-scatter'])
      expect(timeOf(ofHosts(1, 4), 1 * GB, 'ring', 'Simple', collective)).toBeCloseTo(
        10e-6 + 3 * 4e-6 + 7.5e-3 + 0.5e-3,
        12,
      );
  });

  it('over PCIe are as fast as the host lets them, and have no LL128', () => {
    const within = {
      medium: 'bus',
      link: 'pcie3-x16',
      ringBytesPerSecond: 12 * GB,
      portBytesPerSecond: 12 * GB,
      crossesHost: true,
    } as const;
    const paths = ofHosts(1, 4, { within });
    expect(timeOf(paths, 1 * GB, 'ring', 'Simple')).toBeCloseTo(10e-6 + 6 * 5e-6 + 1.5 / 9 + 0.5e-3, 12);
    const names = communicationTimes({ collective: 'all-reduce', bytes: 1 }, paths, PARAMETERS);
    expect(names.map(({ protocol }) => protocol)).toEqual(['LL', 'Simple']);
  });
});

describe('trees', () => {
  it('two hosts send the vector once, more of them twice', () => {
    const bytes = 1 * GB;
    // 10 + 2(3·4 + 1·15) us; 0.9 of 40 GB/s
    expect(timeOf(ofHosts(2, 4), bytes, 'tree', 'Simple')).toBeCloseTo(64e-6 + 1 / 36, 12);
    // 10 + 2(3·4 + 3·15) us; 0.9 of 20 GB/s
    expect(timeOf(ofHosts(8, 4), bytes, 'tree', 'Simple')).toBeCloseTo(124e-6 + 1 / 18, 12);
  });

  it('are chosen for few bytes among many hosts, rings for many', () => {
    const choice = (bytes: number) =>
      communicationTime({ collective: 'all-reduce', bytes }, ofHosts(32, 8), PARAMETERS);
    expect(choice(8)).toMatchObject({ algorithm: 'tree', protocol: 'LL' });
    expect(choice(8e9)).toMatchObject({ algorithm: 'ring', protocol: 'Simple' });
  });
});

describe('reduction in the switch', () => {
  const within = { ...ofHosts(1, 8).within!, inSwitchShare: 0.8 };

  it('reads and writes each rank’s memory once', () => {
    const paths = ofHosts(1, 8, { within });
    const transfer = ((9 / 8) * 1) / 80;
    expect(timeOf(paths, 1 * GB, 'in-switch', 'Simple')).toBeCloseTo(
      8e-6 + transfer + 1e-14 * 80 * GB * Math.sqrt(transfer),
      12,
    );
    const best = communicationTime({ collective: 'all-reduce', bytes: 1 * GB }, paths, PARAMETERS);
    expect(best.algorithm).toBe('in-switch');
  });

  it('among several hosts waits for the network', () => {
    const seconds = timeOf(ofHosts(4, 8, { within }), 1 * GB, 'in-switch-tree', 'Simple');
    expect(seconds).toBeGreaterThan(2 / 40);
    expect(seconds).toBeLessThan(2.5 / 40);
  });

  it('is for all-reduces, by libraries that have it', () => {
    const paths = ofHosts(1, 8, { within });
    const algorithms = (collective: string, year?: number) =>
      communicationTimes({ collective, bytes: 1, ...(year && { year }) }, paths, PARAMETERS).map(
        ({ algorithm }) => algorithm,
      );
    expect(algorithms('all-reduce')).toContain('in-switch');
    expect(algorithms('all-reduce', 2022)).not.toContain('in-switch');
    expect(algorithms('all-gather')).toEqual(['ring', 'ring', 'ring']);
    expect(algorithms('all-reduce', 2017)).toEqual(['ring']);
  });
});

it('all-to-all: what leaves the host waits for its adapters', () => {
  const { seconds } = communicationTime(
    { collective: 'all-to-all', bytes: 1 * GB },
    ofHosts(2, 4),
    PARAMETERS,
  );
  // Half of the bytes of 4 ranks over 40 GB/s, beside 3/8 of them at 100 GB/s.
  expect(seconds).toBeCloseTo(10e-6 + 15e-6 + 2 / 40, 12);
});

it('more bytes never take less time', () => {
  for (const paths of [ofHosts(1, 2), ofHosts(1, 8), ofHosts(2, 8), ofHosts(64, 8), ofHosts(16, 1)]) {
    let before = 0;
    for (let bytes = 1; bytes < 2 ** 36; bytes *= 1.5) {
      const { seconds } = communicationTime({ collective: 'all-reduce', bytes }, paths, PARAMETERS);
      expect(seconds).toBeGreaterThanOrEqual(before);
      before = seconds;
    }
  }
});
