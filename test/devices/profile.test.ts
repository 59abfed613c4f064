import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { formatProfile, type ProfiledKernel, parseProfile } from '../../devices/profile.ts';
import { profiledDevice } from '../../devices/profiled-device.ts';
import { estimator, profiledSeconds, workOf } from '../../devices/profiled-seconds.ts';

const TEXT = readFileSync(new URL('profile/gpu.json', import.meta.url), 'utf8');
const PROFILE = parseProfile(TEXT, 'gpu.json');

/** A product of square matrices that takes a launch and so long per flop. */
function product(side: number, launch = 1e-5, perFlop = 1e-13): ProfiledKernel {
  const tensor = { dtype: 'float32' as const, shape: [side, side] };
  const flops = 2 * side ** 3;
  return {
    op: 'MatMul',
    class: 'matmul',
    dtype: 'float32',
    inputs: [tensor, tensor],
    outputs: [tensor],
    flops,
    bytesRead: 8 * side ** 2,
    bytesWritten: 4 * side ** 2,
    gemm: { m: side, n: side, k: side },
    seconds: launch + perFlop * flops,
  };
}

describe('the file of a profile', () => {
  it('is read as it was written', () => {
    expect(parseProfile(formatProfile(PROFILE), 'copy')).toEqual(PROFILE);
  });

  it('is refused with the key that is wrong', () => {
    const wrong = (from: string, to: string) => () => parseProfile(TEXT.replace(from, to), 'gpu.json');
    expect(wrong('profile/1', 'profile/9')).toThrow('gpu.json: format: ');
    expect(wrong('"seconds": 3e-5', '"seconds": -1')).toThrow('gpu.json: kernels[0].seconds: ');
    expect(wrong('"kind": "GPU"', '"kind": "FPGA"')).toThrow('gpu.json: device.kind: ');
    expect(wrong('"host"', '"hosts"')).toThrow('gpu.json: ');
    expect(() => parseProfile('{', 'gpu.json')).toThrow('gpu.json: is no JSON');
  });
});

describe('times by a profile', () => {
  it('are the measured ones where the shape was measured', () => {
    const seconds = profiledSeconds(PROFILE);
    for (const kernel of PROFILE.kernels) expect(seconds(workOf(kernel))! / kernel.seconds).toBeCloseTo(1, 6);
  });

  it('are the law that all measurements follow, between them and beyond', () => {
    const seconds = estimator([64, 128, 256, 512, 1024, 2048, 96, 160, 320].map((side) => product(side)));
    for (const side of [50, 100, 700, 4000]) {
      expect(seconds(workOf(product(side)))! / product(side).seconds).toBeCloseTo(1, 2);
    }
  });

  it('follow near measurements, and forget them far away', () => {
    // One shape is twice as slow as the rest.
    const sides = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 90];
    const slow = { ...product(300), seconds: 2 * product(300).seconds };
    const seconds = estimator([...sides.map((side) => product(side)), slow]);
    const factor = (side: number): number => seconds(workOf(product(side)))! / product(side).seconds;
    expect(factor(300)).toBeCloseTo(2, 6);
    expect(factor(310)).toBeGreaterThan(1.1);
    expect(factor(310)).toBeLessThan(2);
    expect(factor(8192)).toBeCloseTo(1, 2);
  });

  it('of an op that was not measured are its class’s in its type, and none where that was not measured', () => {
    const seconds = profiledSeconds(PROFILE);
    const { inputs, ...add } = PROFILE.kernels[2]!;
    const relu = workOf({ ...add, op: 'Relu', inputs: inputs.slice(1) });
    expect(seconds(relu)! / add.seconds).toBeCloseTo(1, 1);
    expect(seconds({ ...relu, dtype: 'float32' })).toBeUndefined();
  });

  it('win over the catalog where a device has a profile, for what the profile holds', () => {
    const v100 = findDevice('v100');
    const measured = { ...v100, profile: PROFILE };
    const known = workOf(PROFILE.kernels[0]!);
    expect(kernelSeconds(known, measured)).toBeCloseTo(3e-5, 10);
    expect(kernelSeconds(known, v100)).not.toBeCloseTo(3e-5, 6);
    const unknown = { ...known, dtype: 'float32' } as const;
    expect(kernelSeconds(unknown, measured)).toBe(kernelSeconds(unknown, v100));
  });
});

describe('a device of which only a profile is known', () => {
  it('has the best rates that were seen, and its facts', () => {
    const device = profiledDevice(PROFILE);
    expect(device.peak.float16!.value).toBeCloseTo(137438953472 / 1.4e-3, 0);
    expect(device.peak.float32).toBeUndefined();
    expect(device.memoryBytes.value).toBe(17179869184);
    expect(device.memoryBytesPerSecond.value).toBe(8e11);
    expect(device.launchSeconds.value).toBe(6e-6);
  });
});
