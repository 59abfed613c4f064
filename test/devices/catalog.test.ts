import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import k40 from '../../devices/catalog/devices/k40.json' with { type: 'json' };
import { findFit } from '../../devices/catalog/fits.ts';
import { deviceIds, findDevice, findLink, linkIds, nodeIds } from '../../devices/catalog/index.ts';
import eth10 from '../../devices/catalog/links/eth-10g.json' with { type: 'json' };
import { linkModel, readDevice, readLink } from '../../devices/catalog/read.ts';
import type { Quantity } from '../../devices/device.ts';
import { deviceFacts, linkFacts } from '../../devices/facts.ts';

/** Every Quantity inside `value`, with its path. */
function quantities(value: unknown, path: string): [string, Quantity][] {
  if (typeof value !== 'object' || value === null) return [];
  if ('value' in value) return [[path, value as Quantity]];
  return Object.entries(value).flatMap(([key, inner]) => quantities(inner, `${path}.${key}`));
}

const folder = (name: string): string[] =>
  readdirSync(new URL(`../../devices/catalog/${name}`, import.meta.url)).map((file) =>
    file.replace('.json', ''),
  );

describe('the catalog', () => {
  test('lists each file once', () => {
    expect([...deviceIds].sort()).toEqual(folder('devices').sort());
    expect([...linkIds].sort()).toEqual(folder('links').sort());
    expect([...nodeIds].sort()).toEqual(folder('nodes').sort());
  });

  test.each([...deviceIds])('device %s: numbers are positive, sources say where from', (id) => {
    const device = findDevice(id);
    const all = quantities(device, id);
    // A peak, memory (2), its share, launch.
    expect(all.length).toBeGreaterThanOrEqual(5);
    for (const [path, { value, evidence, source }] of all) {
      expect(value, path).toBeGreaterThan(0);
      expect(Number.isFinite(value), path).toBe(true);
      expect(source.length, path).toBeGreaterThan(5);
      // What is assumed says so in words too, as the reader of a report sees only them.
      expect(/^assumed/i.test(source), `${path}: ${source}`).toBe(evidence === 'assumed');
    }
    expect(device.streamShare.value).toBeLessThanOrEqual(1);
    for (const [type, { from }] of Object.entries(device.kernels)) {
      if (from === undefined) continue;
      expect(/^assumed/i.test(from.source), `${type}: ${from.source}`).toBe(from.evidence === 'assumed');
    }
  });

  test.each([...linkIds])('link %s: usable is less than nominal, and not much less', (id) => {
    const link = findLink(id);
    const { value } = link.bytesPerSecond;
    expect(value).toBeLessThan(link.rawBytesPerSecond.value);
    // Processors pass on less between sockets than their cores get, and USB's encoding takes a fifth.
    const least = ['qpi', 'upi', 'upi-spr', 'if-zen2', 'if-zen3', 'usb3'].includes(id) ? 0.3 : 0.7;
    expect(value).toBeGreaterThan(link.rawBytesPerSecond.value * least);
    expect(link.latencySeconds.value).toBeGreaterThan(0);
    expect(link.latencySeconds.value).toBeLessThan(1e-4);
    for (const [path, { source }] of quantities(link, id)) expect(source.length, path).toBeGreaterThan(5);
  });

  test.each([...deviceIds])('device %s: peaks fit each other', (id) => {
    const { peak, year, name } = findDevice(id);
    const maker = name.split(' ')[0];
    // TensorFloat-32 runs at half the rate of 16-bit types, which share one; int8 at twice theirs (NVIDIA, dense).
    if (peak.tf32 && peak.bfloat16) expect(peak.bfloat16.value / peak.tf32.value).toBe(2);
    // GeForce boards add in float32 at half rate, in int32 at full rate.
    if (peak.tf32 && peak.int8 && !/GeForce/.test(name))
      expect(peak.int8.value / peak.tf32.value).toBeCloseTo(4, 2);
    if (peak.bfloat16 && peak.float16 && maker === 'NVIDIA')
      expect(peak.bfloat16.value).toBe(peak.float16.value);
    // bfloat16 came to GPUs with Ampere.
    if (peak.bfloat16 && findDevice(id).kind === 'GPU') expect(year).toBeGreaterThanOrEqual(2020);
    if (peak.float32 && peak.float16) expect(peak.float16.value / peak.float32.value).toBeGreaterThan(1.9);
  });

  test('peaks follow from lanes and clocks', () => {
    const peak = (id: string): number => findDevice(id).peak.float32!.value;
    // CPU: cores × flop per cycle × clock. Two multiply-add pipes of 8 (AVX2) or 16 (AVX-512) lanes: 32 or 64.
    expect(peak('xeon-e5-2699v3') / (18 * 32 * 2.3e9)).toBeCloseTo(1, 2);
    // Before AVX2 an addition and a multiplication: 16.
    expect(peak('xeon-e5-2650v2') / (8 * 16 * 2.6e9)).toBeCloseTo(1, 2);
    expect(peak('xeon-8180') / (28 * 64 * 2.3e9)).toBeCloseTo(1, 2);
    expect(peak('epyc-7763') / (64 * 32 * 2.45e9)).toBeCloseTo(1, 2);
    // GPU: lanes × 2 × clock.
    expect(peak('epyc-9755') / (128 * 64 * 2.7e9)).toBeCloseTo(1, 2);
    expect(peak('grace') / (72 * 32 * 3.1e9)).toBeCloseTo(1, 2);
    expect(peak('xeon-phi-7250') / (68 * 64 * 1.4e9)).toBeCloseTo(1, 2);
    expect(peak('k40') / (2880 * 2 * 745e6)).toBeCloseTo(1, 2);
    expect(peak('k80') / (2496 * 2 * 875e6)).toBeCloseTo(1, 2);
    expect(peak('k80-base') / (2496 * 2 * 562e6)).toBeCloseTo(1, 2);
    expect(peak('p100') / (3584 * 2 * 1480e6)).toBeCloseTo(1, 2);
    expect(peak('v100') / (5120 * 2 * 1530e6)).toBeCloseTo(1, 2);
    expect(peak('a100') / (6912 * 2 * 1410e6)).toBeCloseTo(1, 2);
    expect(peak('k20x') / (2688 * 2 * 732e6)).toBeCloseTo(1, 2);
    expect(peak('gtx-1080') / (2560 * 2 * 1733e6)).toBeCloseTo(1, 2);
    expect(peak('gtx-1080-ti') / (3584 * 2 * 1582e6)).toBeCloseTo(1, 2);
    expect(peak('titan-x-pascal') / (3584 * 2 * 1531e6)).toBeCloseTo(1, 2);
    expect(peak('titan-xp') / (3840 * 2 * 1582e6)).toBeCloseTo(1, 2);
    expect(peak('a40') / (10752 * 2 * 1740e6)).toBeCloseTo(1, 2);
    expect(peak('rtx-4090') / (16384 * 2 * 2520e6)).toBeCloseTo(1, 2);
    expect(peak('h100') / (132 * 128 * 2 * 1980e6)).toBeCloseTo(1, 2);
    expect(peak('mi100') / (120 * 64 * 2 * 2 * 1502e6)).toBeCloseTo(1, 2);
  });

  test.each([...deviceIds])('device %s: lanes per multiprocessor and clock are those of its kind', (id) => {
    const { kind, multiprocessors, peak, vectorOpsPerSecond } = findDevice(id);
    expect(multiprocessors !== undefined, id).toBe(kind === 'GPU');
    if (multiprocessors === undefined) return;
    // 64 to 192 lanes, a multiply-add each, at 0.55 to 2.6 GHz; AMD's matrix units apart.
    const vector = vectorOpsPerSecond === undefined ? peak.float32!.value : vectorOpsPerSecond.value * 2;
    const perMultiprocessor = vector / multiprocessors.value;
    expect(perMultiprocessor).toBeGreaterThan(64 * 2 * 0.55e9);
    expect(perMultiprocessor).toBeLessThan(128 * 2 * 2.6e9);
  });

  test.each(deviceIds.filter((id) => id.startsWith('tpu-')))('the peak of %s is that of its arrays', (id) => {
    const { peak, systolic } = findDevice(id);
    const { rows, columns, count, clockHertz } = systolic!;
    const arrays = rows.value * columns.value * count.value * 2 * clockHertz.value;
    expect((peak.int8 && id === 'tpu-v1' ? peak.int8 : peak.bfloat16)!.value / arrays).toBeCloseTo(1, 2);
  });

  test('hosts have cores and dispatch ops, accelerators copy beside computing and keep memory for themselves', () => {
    for (const id of deviceIds) {
      const { kind, cores, dispatchSeconds, copyEngines, memoryOverhead, memoryBytes } = findDevice(id);
      expect(cores !== undefined, id).toBe(kind === 'CPU');
      expect(dispatchSeconds !== undefined, id).toBe(kind === 'CPU');
      expect(copyEngines !== undefined, id).toBe(kind === 'GPU');
      if (kind === 'GPU') expect(memoryOverhead, id).toBeDefined();
      if (memoryOverhead === undefined) continue;
      expect(memoryOverhead.fragmentation.value, id).toBeGreaterThanOrEqual(1);
      // 512 MiB of the runtime's, and at most an eighth: a sixteenth for error correction, and the driver's.
      expect(memoryOverhead.reservedBytes.value - 2 ** 29, id).toBeLessThan(memoryBytes.value / 8);
    }
    // CPU peaks are those of all cores: 2 multiply-add pipes of 8 lanes.
    const { peak, cores } = findDevice('epyc-7763');
    expect(peak.float32!.value / (cores!.value * 32 * 2.45e9)).toBeCloseTo(1, 2);
    // K40 with error correction: 1/16 of 12 GiB, and 512 MiB.
    expect(findDevice('k40').memoryOverhead!.reservedBytes.value).toBe(1280 * 2 ** 20);
  });

  test('what is optional is read, checked and shown', () => {
    const edr = findLink('ib-edr');
    // 200 million messages per second.
    expect(1 / edr.messageSeconds!.value).toBeCloseTo(200e6, -3);
    expect(linkFacts(edr).at(-1)).toMatchObject({
      what: 'ib-edr: time per message besides its bytes',
      value: '5 ns',
    });
    expect(findLink('eth-10g').messageSeconds).toBeUndefined();
    const facts = new Map(deviceFacts(findDevice('k40')).map(({ what, value }) => [what, value]));
    expect(facts.get('k40: copy engines')).toBe('2');
    expect(facts.get('k40: memory that is not for tensors')).toBe('1.25 GiB');
    expect(facts.get('k40: memory taken per byte of tensors')).toBe('1.10');
    expect(deviceFacts(findDevice('epyc-7763')).find(({ what }) => what === 'epyc-7763: cores')?.value).toBe(
      '64',
    );
  });

  test('an unknown id is answered with the nearest one', () => {
    expect(() => findDevice('k41')).toThrow('unknown device "k41"; did you mean "k40"?');
    expect(() => findDevice('h1000')).toThrow('did you mean "h100"?');
    expect(() => findLink('eth-10gb')).toThrow('unknown link "eth-10gb"; did you mean "eth-10g"?');
    expect(findDevice('k40')).toBe(findDevice('k40'));
  });

  test('facts are rows for people', () => {
    const facts = deviceFacts(findDevice('k40'));
    expect(facts).toContainEqual({
      what: 'k40: memory bandwidth',
      value: '288 GB/s',
      evidence: 'datasheet',
      source: findDevice('k40').memoryBytesPerSecond.source,
    });
    // Each parameter of its kernels, with where that is from.
    const share = facts.filter(({ what }) => what.startsWith('k40: share of the peak'));
    expect(share.length).toBeGreaterThan(0);
    for (const { value } of share) expect(value).toMatch(/^[\d.]+ %$/);
    expect(deviceFacts(findDevice('tpu-v1')).map(({ what }) => what)).toContain('tpu-v1: on-chip buffer');
    expect(linkFacts(findLink('eth-10g')).map(({ value }) => value)).toEqual([
      '1.17 GB/s',
      '1.25 GB/s',
      '12.5 µs',
    ]);
  });
});

describe('reading entries', () => {
  /** The K40's entry with the value at a path replaced, or removed where it is undefined. */
  function changed(path: string, value: unknown, entry: object = k40): unknown {
    const copy = structuredClone(entry) as Record<string, unknown>;
    const keys = path.split('.');
    const last = keys.pop()!;
    let inner = copy;
    for (const key of keys) inner = inner[key] as Record<string, unknown>;
    if (value === undefined) delete inner[last];
    else inner[last] = value;
    return copy;
  }

  test.each([
    [
      'memoryBytes.value',
      '12 GB/s',
      'device k40: memoryBytes: expected a size such as "16 GB" or "16 GiB", got "12 GB/s"',
    ],
    ['memoryBytes.value', 12, 'device k40: memoryBytes: expected a text'],
    ['memoryBytes.value', '0 GB', 'device k40: memoryBytes: it must be greater than zero'],
    ['memoryBytes.source', ' ', 'device k40: memoryBytes.source: expected a text'],
    [
      'memoryBytes.evidence',
      'mesured',
      'device k40: memoryBytes.evidence: unknown evidence "mesured"; did you mean "measured"?',
    ],
    ['copyEngines.value', '1.5', 'device k40: copyEngines: expected a whole number'],
    [
      'memoryOverhead.fragmentation.value',
      '0.9',
      'device k40: memoryOverhead.fragmentation: it must be 1 or more',
    ],
    ['memoryOverhead.reservedBytes', undefined, 'device k40: memoryOverhead: "reservedBytes" is missing'],
    ['launchSeconds', undefined, 'device: "launchSeconds" is missing'],
    ['lunchSeconds', {}, 'device: unknown key "lunchSeconds"; did you mean "launchSeconds"?'],
    ['peak', {}, 'device k40: peak: a device computes in at least one type'],
    ['peak.float33', {}, 'device k40: peak: unknown key "float33"; did you mean "float32"?'],
    ['kind', 'GPGPU', 'device k40: kind: unknown kind of device "GPGPU"; did you mean "GPU"?'],
    ['year', '2013', 'device k40: year: expected a year'],
    ['kernels.default', undefined, 'device k40: kernels: "default" is missing'],
    [
      'kernels.default',
      { evidence: 'assumed', source: 'Assumed' },
      'device k40: kernels.default: expected a "fit", parameters of its "own", or both',
    ],
    [
      'multiplyType',
      { float32: { type: 'tf32', evidence: 'assumed', source: 'x' } },
      'device k40: multiplyType.float32: there is no peak for tf32',
    ],
  ])('%s = %j is refused', (path, value, message) => {
    expect(() => readDevice(changed(path, value), (id) => findFit(id).parameters)).toThrow(message);
  });

  test('links are checked likewise', () => {
    expect(() => readLink(changed('latencySeconds.value', '10', eth10))).toThrow(
      'link eth-10g: latencySeconds: expected a time such as "20 us", got "10"; the unit is missing',
    );
    expect(() => readLink(null)).toThrow('link: expected an object');
    expect(() => readLink([])).toThrow('link: expected an object');
  });

  test('a scenario may describe a link in place', () => {
    const link = linkModel({ bandwidth: '10 Gb/s', latency: '20 us' });
    expect(link.name).toBe('10 Gb/s, 20 us');
    // 10e9 bits / 8
    expect(link.bytesPerSecond.value).toBe(1.25e9);
    expect(link.rawBytesPerSecond.value).toBe(1.25e9);
    expect(link.latencySeconds).toEqual({
      value: 20e-6,
      evidence: 'assumed',
      source: 'given in the scenario',
    });
    expect(linkModel({ name: 'ideal', bandwidth: '1 TB/s', latency: '0 s' }).latencySeconds.value).toBe(0);
    expect(() => linkModel({ bandwidth: '10 GB', latency: '20 us' })).toThrow(
      'bandwidth: expected a data rate such as "10 Gb/s", got "10 GB"',
    );
    expect(() => linkModel({ bandwidth: '0 Gb/s', latency: '20 us' })).toThrow(
      'bandwidth: it must be greater',
    );
  });
});
