import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { type Conversion, convertSource } from '../../../scenarios/claims/convert/convert.ts';
import { deviceNamed } from '../../../scenarios/claims/convert/devices.ts';
import { networkNamed } from '../../../scenarios/claims/convert/links.ts';
import { main } from '../../../scenarios/claims/convert/main.ts';
import { decoderNamed, networkNamed as modelNamed } from '../../../scenarios/claims/convert/models.ts';
import { parseSource } from '../../../scenarios/claims/convert/source.ts';
import { precisionNamed } from '../../../scenarios/claims/convert/words.ts';
import { claimFileText } from '../../../scenarios/claims/convert/write.ts';
import type { LedgerPoint } from '../../../scenarios/claims/ledger-point.ts';
import { loadLedger, parseClaims } from '../../../scenarios/claims/load.ts';

/** A source of one claim, which nobody has seen before. */
function source(
  claim: string,
  hardware = '{ id: dgx, device: NVIDIA A100-SXM4-80GB (400W), count_per_host: 8, interconnect_inter: "8x ConnectX-6 IB HDR 200Gb/s", precision: fp16 mixed }',
): string {
  return `schema: claims/v1
id: new
source: { title: A new source, year: 2022 }
hardware: [${hardware}]
claims:
  - id: c
    what: something
    hardware: dgx
    provenance: { kind: seen, tier: primary, read_from: table }
${claim.replaceAll(/^/gm, '    ')}
`;
}

const converted = (text: string): Conversion => convertSource(parseSource(text, 'new.yaml'));

/** The points as the ledger reads them: what is converted is written and read again. */
function points(text: string): readonly LedgerPoint[] {
  const { file, leftOut } = converted(text);
  if (file === undefined) throw new Error(JSON.stringify(leftOut));
  return parseClaims(claimFileText(file), 'new.yaml').points;
}

const reasons = (text: string): string[] => converted(text).leftOut.map(({ why }) => why);

const GPT = `workload: { model: GPT, seq: 2048, vocab: "51200 (recalled medium)", activation_checkpoint: full }
strategy: tensor x data x pipeline parallel, 1F1B
points:
  - { workers: 64, value: 3566.5, unit: ms, metric: iteration_time, tp: 2, dp: 16, pp: 2, mbs: 4, gbs: 512, hidden: 3072, heads: 32, layers: 30 }`;

describe('sources that were never seen', () => {
  it('GPT by tensor, pipeline and data ranks', () => {
    const [point] = points(source(GPT));
    expect(point).toMatchObject({ kind: 'gpt', metric: 'step_time', measured: 3.5665, use: 'gate' });
    expect(point!.fields).toMatchObject({
      ...{ workers: 64, tensor: 2, pipeline: 2, data: 16, micro_batch: 4, batch: 512 },
      ...{ layers: 30, hidden: 3072, heads: 32, sequence: 2048, vocabulary: 51200 },
      ...{ recompute: 'full', precision: 'float16' },
    });
    expect(point!.cluster).toMatchObject({
      workers: { accelerator: 'a100-80gb', accelerators: 8 },
      network: { link: 'ib-hdr', count: 8 },
    });
  });

  it('data-parallel training, anchored to the time of one device', () => {
    const all = points(
      source(`workload: { model: ResNet-50 v1.5, dataset: synthetic }
strategy: allreduce (Horovod)
points:
  - { workers: 1, value: 2500, unit: images/s, metric: throughput, precision: mixed precision, batch_per_gpu: 256 }
  - { workers: 16, value: 38000, unit: images/s, metric: throughput, precision: mixed precision, batch_per_gpu: 256 }`),
    );
    expect(all.map(({ kind, anchor, measured }) => [kind, anchor, measured])).toEqual([
      ['data-parallel', 'single-device', 2500],
      ['data-parallel', 'single-device', 38000],
      // The step of one device is predicted from the catalog besides.
      ['single-device', 'none', 2500],
    ]);
    expect(all[1]!.fields).toMatchObject({
      model: 'resnet-50-v1.5',
      workers: 16,
      batch: 256,
      precision: 'float16',
    });
  });

  it('of two batches for two types of arithmetic, the wider type has the smaller', () => {
    const all = points(
      source(`workload: { model: BERT-large }
strategy: allreduce
points:
  - { workers: 8, value: 1, unit: sequences/s, metric: throughput, precision: TF32, batch_per_gpu: 126 and 256, grad_accum: 64 and 32, seq: 128 }
  - { workers: 8, value: 2, unit: sequences/s, metric: throughput, precision: Mixed precision, batch_per_gpu: 126 and 256, grad_accum: 64 and 32, seq: 128 }`),
    );
    expect(all.map(({ fields }) => [fields.batch, fields.accumulation, fields.precision])).toEqual([
      [126, 64, 'tf32'],
      [256, 32, 'float16'],
    ]);
  });

  it('parameter servers, collectives, single devices', () => {
    const server = points(
      source(`workload: { model: InceptionV3, precision: fp32 }
strategy: async_ps
points: [{ workers: 16, ps: 2, value: 459, unit: images/s, metric: throughput, batch_per_gpu: 64 }]`),
    );
    expect(server[0]!.fields).toMatchObject({
      model: 'inception-v3',
      workers: 16,
      servers: 2,
      updates: 'async',
      placement: 'hosts',
    });
    const collective = points(
      source(`workload: { op: all_gather }
strategy: NCCL
points: [{ workers: 16, value: 12.5, unit: GB/s, metric: busbw, bytes: 1048576 }]`),
    );
    expect(collective[0]).toMatchObject({ kind: 'collective', metric: 'bus_bandwidth', measured: 12.5e9 });
    expect(collective[0]!.fields).toMatchObject({ collective: 'all-gather', workers: 16, bytes: 1048576 });
    const single = points(
      source(`workload: { model: VGG16, batch: 32 }
strategy: single_device
points: [{ workers: 1, value: 20, unit: ms, metric: forward_plus_backward_time, forward_ms: 7 }]`),
    );
    expect(single.map(({ fields, measured }) => [fields.phase, measured])).toEqual([
      ['forward+backward', 0.02],
      ['forward', 0.007],
    ]);
  });

  it('what is recalled, or for its shape only, shows an order and is no gate', () => {
    const recalled = source(GPT).replace('kind: seen', 'kind: recalled');
    expect(points(recalled)[0]!.use).toBe('ordering');
    expect(points(source(`use: shape only, do not gate on it\n${GPT}`))[0]!.use).toBe('ordering');
  });
});

describe('what is not stated well enough is left out, with the reason', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'ranks that are not its devices',
      'dp: 16',
      'dp: 8',
      /tensor 2 × pipeline 2 × data 8 are not its 64 devices/,
    ],
    [
      'a batch that is not divided',
      'gbs: 512',
      'gbs: 500',
      /a batch of 500 is no whole number of micro-batches of 4/,
    ],
    ['no micro-batch', 'mbs: 4, ', '', /sequences of a micro-batch: not stated/],
    ['no width', 'hidden: 3072, ', '', /hidden of the model: not stated/],
    ['memory', 'metric: iteration_time', 'metric: activation_memory', /it is memory, not time/],
    [
      'time to quality',
      'metric: iteration_time',
      'metric: time_to_train',
      /time to a quality is not the time of a step/,
    ],
    ['a unit', 'unit: ms', 'unit: furlongs', /step_time is not measured in "furlongs"/],
    ['no value', 'value: 3566.5', 'value: n/a', /its value is "n\/a"/],
    ['a model', 'model: GPT,', 'model: DeepSeek-V3,', /its layers are none that the fields describe/],
  ])('%s', (_, from, to, reason) => {
    const text = source(GPT.replace(from, to));
    expect(text).not.toBe(source(GPT));
    expect(converted(text).points).toBe(0);
    expect(reasons(text)).toEqual([expect.stringMatching(reason)]);
  });

  it('a network between hosts', () => {
    const text = source(
      GPT,
      '{ id: dgx, device: NVIDIA A100-SXM4-80GB, count_per_host: 8, interconnect_inter: not stated }',
    );
    expect(reasons(text)).toEqual(['what joins the hosts of dgx is not stated']);
  });

  it('a device that the catalog does not have', () => {
    const text = source(GPT, '{ id: dgx, device: Graphcore IPU GC200, count_per_host: 16 }');
    expect(reasons(text)).toEqual(['no device of the catalog is "Graphcore IPU GC200"']);
  });
});

it.each([
  ['NVIDIA A100-SXM4-80GB (400W)', 'a100-80gb'],
  ['NVIDIA A100-PCIE-40GB (250W)', 'a100-pcie'],
  ['Tesla V100-SXM2-16GB', 'v100'],
  ['NVIDIA V100-SXM3-32GB (450W)', 'v100-sxm3-450w'],
  ['NVIDIA Blackwell GPU (B200-SXM-180GB)', 'b200'],
  ['AMD Instinct MI300X 192GB HBM3', 'mi300x'],
  ['TPU-v4', 'tpu-v4'],
  ['TPU v3', 'tpu-v3'],
  ['GTX 1080 Ti', 'gtx-1080-ti'],
  ['Intel Gaudi2', 'gaudi2'],
  ['TPU', undefined],
  ['Ascend910', undefined],
])('the device "%s" is %s', (words, id) => {
  expect(deviceNamed(words)).toBe(id);
});

it.each([
  ['8x ConnectX-6 IB HDR 200Gb/s', { link: 'ib-hdr', count: 8 }],
  ['2x Mellanox ConnectX-6, 100Gb/s Ethernet', { link: 'eth-100g', count: 2 }],
  ['10 Gbps Ethernet (AWS p2.8xlarge spec, recalled high; page does not state it)', { link: 'eth-10g' }],
  ['1x ConnectX-5 IB EDR 100Gb/Sec', { link: 'ib-edr' }],
  [
    'Storage: 2x ConnectX-6 IB HDR 200Gb/sec, Management: 1x ConnectX-6 Ethernet 100Gb/Sec, Compute: 8x ConnectX-6',
    { link: 'ib-hdr', count: 8 },
  ],
  [
    '800 Gbps per node (config inter_node_bandwidth: 800; 4 x 200 Gbps HDR, recalled medium)',
    { link: 'ib-hdr', count: 4 },
  ],
  ['100 GB/s per server, 8 InfiniBand adapters', { link: 'ib-edr', count: 8 }],
  [
    '10 x Mellanox Technologies MT27800 Family [ConnectX-5]; InfiniBand 100 Gb/sec (4X EDR)',
    { link: 'ib-edr', count: 10 },
  ],
  ['400 Gbps RoCE per GPU, 3-layer Clos', { link: 'roce-400g', count: 8 }],
  ['16 Gbps per VM', { bandwidth: '16 Gb/s', latency: '12.5 us' }],
  ['Ethernet, Infiniband', undefined],
  ['not stated (3200 Gbps per node typical)', undefined],
  ['TODO', undefined],
])('the network "%s" is %j', (words, network) => {
  expect(networkNamed(words, 8)).toEqual(network);
});

it.each([
  ['InceptionV3', 'inception-v3'],
  ['OxfordNet [Model-A]', 'vgg-11'],
  ['ResNet-50 v1.5, ImageNet', 'resnet-50-v1.5'],
  ['MxNet/Classification/RN50v1.5', 'resnet-50-v1.5'],
  ['Mask R-CNN ResNet-50, COCO', undefined],
  ['PyTorch/LanguageModeling/Transformer-XL', undefined],
  ['BERT-large phase 2 (max 512 tokens)', 'bert-large'],
])('the model "%s" is %s', (words, name) => {
  expect(modelNamed(words)?.model).toBe(name);
});

it('MPT models have as many parameters as their benchmark prints', () => {
  // Positions, biases and normalisations are learned: 12·l·h² + 13·l·h + 2·h + (V + s)·h.
  for (const [name, parameters] of [
    ['mpt-125m', 125_311_488],
    ['mpt-1b', 1_315_950_592],
    ['mpt-3b', 2_651_837_440],
    ['mpt-7b', 6_658_859_008],
    ['mpt-13b', 12_853_954_560],
    ['mpt-30b', 29_975_214_080],
    ['mpt-70b', 64_862_437_376],
  ] as const) {
    const { layers: l, hidden: h, vocab } = decoderNamed(name) as Record<string, number>;
    expect(12 * l! * h! ** 2 + 13 * l! * h! + 2 * h! + (vocab! + 2048) * h!, name).toBe(parameters);
  }
});

it.each([
  ['Throughput - mixed precision', 'float16'],
  ['amp_bf16', 'bfloat16'],
  ['fp16/bf16 mixed', 'float16'],
  ['fp32 unless named fp16', 'float32'],
  ['Throughput - TF32(sequences/sec)', 'tf32'],
  ['words', undefined],
])('arithmetic "%s" is %s', (words, precision) => {
  expect(precisionNamed(words)).toBe(precision);
});

describe('hostile sources', () => {
  it.each([
    ['prototypes', source(GPT.replace('seq: 2048', 'seq: 2048, __proto__: { a: 1 }, constructor: x'))],
    ['names without end', source(GPT.replace('model: GPT', `model: ${'a '.repeat(100_000)}GPT`))],
    ['numbers without end', source(GPT.replace('gbs: 512', 'gbs: 1e308'))],
    ['lists for numbers', source(GPT.replace('hidden: 3072', 'hidden: [[1], {}]'))],
    ['ids that are paths', source(GPT).replace('id: new', 'id: ../../etc/passwd')],
  ])('%s are converted or left out, never more', (_, text) => {
    const { file, points: mapped, leftOut } = converted(text);
    expect(mapped + leftOut.reduce((sum, { points: count }) => sum + count, 0)).toBe(1);
    if (file !== undefined) expect(file.id).toMatch(/^[\w.-]{1,80}$/);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('that are no sources are errors with a place', () => {
    expect(() => parseSource('schema: claims/v2\nid: x\nsource: {}\n', 'a.yaml')).toThrow(UserError);
    expect(() => parseSource('schema: claims/v2\nid: x\nsource: {}\n', 'a.yaml')).toThrow(
      /^a\.yaml:1:9: schema: expected/,
    );
  });
});

describe('the command', () => {
  let folder: string;
  let told: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepcast-convert-'));
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: string[]): number =>
    main(
      args,
      (line) => told.push(line),
      (line) => told.push(`! ${line}`),
    );

  it('writes what validate reads, and lists what it left out', () => {
    writeFileSync(
      join(folder, 'new.yaml'),
      source(`${GPT}\n  - { workers: 64, value: 1, unit: GiB, metric: memory }`),
    );
    expect(run(folder, '-o', join(folder, 'out'))).toBe(0);
    expect(told).toEqual([
      'new: 1 points mapped, 1 left out',
      '  c: 1: memory: it is memory, not time',
      `1 files: 1 points mapped, 1 left out; 1 files written to ${join(folder, 'out')}`,
    ]);
    const [ledger] = loadLedger([join(folder, 'out')]);
    expect(ledger!.points.length).toBe(1);
    expect(ledger!.file.left_out).toEqual([{ claim: 'c', points: 1, why: 'memory: it is memory, not time' }]);
  });

  it('goes on after a file that is none', () => {
    writeFileSync(join(folder, 'a.yaml'), 'nothing: 1\n');
    writeFileSync(join(folder, 'b.yaml'), source(GPT));
    expect(run(folder)).toBe(2);
    expect(told.filter((line) => line.startsWith('!')).length).toBe(1);
    expect(told.at(-1)).toBe('2 files: 1 points mapped, 0 left out');
  });

  it('says how it is called', () => {
    expect(run()).toBe(2);
    expect(run('--help')).toBe(0);
    expect(run('-o')).toBe(2);
    expect(run('--fast', 'x')).toBe(2);
    expect(told.slice(-2)).toEqual([
      '! -o: which folder? name one after it',
      '! unknown option "--fast"; there is -o OUT',
    ]);
  });
});

const SHARED = fileURLToPath(new URL('../../../../shared/claims/', import.meta.url));
const COMMITTED = fileURLToPath(new URL('../../../scenarios/claims/', import.meta.url));

describe('the committed ledger', () => {
  const ledgers = loadLedger([COMMITTED]);

  it('loads: at least 25 sources and 2,100 points', () => {
    expect(ledgers.length).toBeGreaterThanOrEqual(25);
    expect(ledgers.reduce((sum, { points: all }) => sum + all.length, 0)).toBeGreaterThanOrEqual(2100);
  });

  it('says of what was read from logs of MLPerf that it was computed', () => {
    for (const { file } of ledgers.filter(({ file: { id } }) => id.startsWith('mlperf_logs')))
      for (const claim of file.claims)
        expect(claim.provenance.read_from).toMatch(/^computed from MLPerf training logs/);
  });

  /** Written by hand from the start. */
  const OWN = ['deepbench', 'nccl_collectives', 'tpu_isca17', 'vtrain_allreduce_lut'];
  const isByHand = (caveats: readonly string[] | undefined) =>
    caveats?.some((text) => text.startsWith('Completed by hand')) ?? false;

  it.skipIf(!existsSync(SHARED))(
    'is what the conversion makes of ../shared/claims, but for what is completed by hand',
    () => {
      const byId = new Map(ledgers.map((ledger) => [ledger.file.id, ledger.file]));
      for (const name of readdirSync(SHARED).filter((file) => file.endsWith('.yaml'))) {
        const text = readFileSync(join(SHARED, name), 'utf8');
        if (!/^claims:/m.test(text)) continue;
        const { file } = convertSource(parseSource(text, name));
        const committed = byId.get(name.replace('.yaml', ''));
        if (committed === undefined || OWN.includes(committed.id)) continue;
        const made = new Map(
          ((file?.claims ?? []) as { id: string; points: unknown[] }[]).map((claim) => [claim.id, claim]),
        );
        for (const claim of committed.claims.filter(({ caveats }) => !isByHand(caveats)))
          expect(claim.points, `${committed.id}/${claim.id}`).toEqual(made.get(claim.id)?.points);
      }
    },
  );
});
