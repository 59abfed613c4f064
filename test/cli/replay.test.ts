import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encoded } from '../sim/traces/chakra/traces.ts';
import { stepcast } from './program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and returns its path. */
function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const reduce = (id: number) => ({
  id,
  type: 'collective' as const,
  attributes: { comm_type: 0, comm_size: 8_000_000 },
});
const NETWORK = ['--bandwidth', '1 GB/s', '--latency', '1 us'];

describe('stepcast replay of Chakra traces', () => {
  /** Two ranks all-reduce 8 MB, the second after 3 ms of work: 3 ms + 2 (1 µs + 4 ms). */
  const twoRanks = (): string[] => [
    file('t.0.et', encoded([reduce(1)])),
    file(
      't.1.et',
      encoded([
        { id: 1, micros: 3000 },
        { ...reduce(2), waits: [1] },
      ]),
    ),
  ];

  it('says how long it takes, in what, and by whom', () => {
    const { code, stdout, stderr } = stepcast(['replay', ...twoRanks(), ...NETWORK]);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      '11 ms (11\u202f002\u202f000 ns) until all is done: 2 ranks, switch of 2, 1 GB/s each way, 1 µs from one to another\n',
    );
    expect(stdout).toMatch(/^rank 0 +0 % +72\.7 % +27\.3 %$/m);
    expect(stdout).toMatch(/^rank 1 +27\.3 % +72\.7 % +0 %$/m);
    expect(stdout).toMatch(/^n1 +2 +14 ms +7 ms$/m);
    expect(code).toBe(0);
  });

  it('a collective or an algorithm that there is not is told, whether or not the traces would need it', () => {
    const traces = twoRanks();
    const ask = (algorithm: string) => stepcast(['replay', ...traces, ...NETWORK, '--algorithm', algorithm]);
    expect(ask('all-redcue=tree')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'error: unknown collective "all-redcue"; did you mean "all-reduce"?\n',
    });
    expect(ask('broadcast=rign').stderr).toMatch(/^error: unknown algorithm for broadcast "rign"; .*\n$/);
    expect(ask('broadcast=chain').code).toBe(0);
  });

  it('sorts ranks by number, and finds the one that is missing', () => {
    const ranks = Array.from({ length: 11 }, (_, rank) => file(`t.${rank}.et`, encoded([reduce(rank + 1)])));
    const { code } = stepcast(['replay', ...ranks.toSorted(), ...NETWORK]);
    expect(code).toBe(0);
    const without = stepcast(['replay', ...ranks.filter((_, rank) => rank !== 3), ...NETWORK]);
    expect(without.stderr).toBe(
      `error: ${ranks[4]}: the trace of rank 3 is missing; expected those of ranks 0 to 9\n`,
    );
    expect(without.code).toBe(2);
  });

  it('writes what it replayed, which replays in the same time', () => {
    const { code } = stepcast(['replay', ...twoRanks(), ...NETWORK, '--write', join(folder, 'again/t')]);
    expect(code).toBe(0);
    expect(readdirSync(join(folder, 'again')).sort()).toEqual(['t.0.et', 't.1.et']);
    const again = stepcast([
      'replay',
      join(folder, 'again/t.0.et'),
      join(folder, 'again/t.1.et'),
      ...NETWORK,
    ]);
    expect(again.stdout).toMatch(/^11 ms \(11\u202f002\u202f000 ns\) until/);
  });

  it('prints JSON', () => {
    const { stdout } = stepcast(['replay', ...twoRanks(), ...NETWORK, '--json']);
    const results = JSON.parse(stdout);
    expect(results).toMatchObject({
      kind: 'chakra',
      ops: [
        { name: 'n1', count: 2 },
        { name: 'n2', count: 1 },
      ],
    });
    expect(results.seconds).toBeCloseTo(0.011002, 12);
    for (const { computeSeconds, communicationSeconds, idleSeconds } of results.devices) {
      expect(computeSeconds + communicationSeconds + idleSeconds).toBeCloseTo(results.seconds, 12);
    }
  });

  it.each([
    [[], /^error: the ranks communicate: give --link, or --bandwidth and --latency$/m],
    [['--bandwidth', '1 GB/s'], /^error: --bandwidth needs --latency too$/m],
    [
      ['--bandwidth', '1 GB', '--latency', '1 us'],
      /^error: --bandwidth: expected a data rate such as "10 Gb\/s", got "1 GB"/m,
    ],
    [
      ['--bandwidth', '0 GB/s', '--latency', '1 us'],
      /^error: --bandwidth: expected more than 0, got "0 GB\/s"$/m,
    ],
    [['--link', 'eth-10'], /^error: unknown link "eth-10"; did you mean "eth-1\w+"\?$/m],
    [
      [...NETWORK, '--algorithm', 'all-reduce=rong'],
      /^error: unknown algorithm for all-reduce "rong"; did you mean "ring"\?$/m,
    ],
    [[...NETWORK, '--algorithm', 'ring'], /^error: --algorithm: expected collective=algorithm, got "ring"$/m],
    [[...NETWORK, '--topology', 'rings'], /^error: option '--topology <kind>' argument 'rings' is invalid/m],
    [[...NETWORK, '--speed', 'nccl=2'], /--speed is for traces of torch\.profiler; this is a Chakra trace$/m],
  ])('refuses %j in one line', (options, message) => {
    const { code, stdout, stderr } = stepcast(['replay', ...twoRanks(), ...options]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('stepcast replay of traces of torch.profiler', () => {
  const event = (cat: string, name: string, ts: number, dur: number, correlation: number) => ({
    ...{ ph: 'X', cat, name, ts, dur },
    ...(cat === 'kernel'
      ? { pid: 0, tid: 7, args: { correlation, stream: 7, device: 0 } }
      : { pid: 1, tid: 1, args: { correlation } }),
  });
  /** Two kernels of 600 and 300 µs, one after the other. */
  const traceEvents = [
    ...[
      event('cuda_runtime', 'cudaLaunchKernel', 0, 5, 1),
      event('cuda_runtime', 'cudaLaunchKernel', 20, 5, 2),
    ],
    ...[event('kernel', 'gemm', 10, 600, 1), event('kernel', 'add', 610, 300, 2)],
  ];

  it('replays them, packed too, and says what faster kernels would change', () => {
    const trace = file('t.json.gz', gzipSync(JSON.stringify({ traceEvents })));
    const { code, stdout, stderr } = stepcast(['replay', trace, '--speed', 'GEMM=2']);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      't.json.gz: GPUs active over 900 µs, replayed 900 µs (less than 0.01 % off); changed 600 µs (-33.3 %)\n',
    );
    expect(stdout).toMatch(/^gemm +1 +600 µs +600 µs$/m);
    expect(code).toBe(0);
  });

  it.each([
    ['t.json', '{"traceEvents": [', /t\.json: not JSON/],
    ['t.json.gz', gzipSync('x').subarray(0, 15), /t\.json\.gz: cannot be unpacked/],
    ['t.et', '', /t\.et: empty; expected a Chakra trace/],
    ['t.et', 'what is this?', /t\.et: cut short or not a Chakra trace: the message at byte 0/],
  ])('refuses %s in one line', (name, content, message) => {
    const { code, stderr } = stepcast(['replay', file(name, content)]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(code).toBe(2);
  });

  it('refuses options and traces of the other kind', () => {
    const trace = file('t.json', JSON.stringify({ traceEvents }));
    expect(stepcast(['replay', trace, '--splits', '2']).stderr).toMatch(
      /--splits is for Chakra traces; this is a trace of torch\.profiler$/m,
    );
    expect(stepcast(['replay', trace, file('t.et', encoded([reduce(1)]))]).stderr).toMatch(
      /t\.et is a Chakra trace, .*t\.json a trace of torch\.profiler; replay one kind at a time$/m,
    );
  });

  it('refuses what unpacks to more than memory can take', () => {
    const bomb = file('t.json.gz', gzipSync(Buffer.alloc(401 * 2 ** 20), { level: 1 }));
    const { code, stderr } = stepcast(['replay', bomb]);
    expect(stderr).toMatch(/too large for a trace; at most 400 MiB unpacked$/m);
    expect(code).toBe(2);
  });
});

const RING = fileURLToPath(
  new URL(
    '../../../shared/chakra/astra-sim/examples/workload/microbenchmarks/all_reduce/8npus_1MB/',
    import.meta.url,
  ),
);

it.skipIf(!existsSync(RING))("gives ASTRA-sim's 117,780 ns (where ../shared/chakra is there)", () => {
  const parameters =
    '--topology ring --bandwidth 50GiB/s --latency 500ns --splits 4 --splits-at-once 1 --endpoint 10ns --memory-bandwidth 50GB/s --tick 1ns';
  const traces = readdirSync(RING).map((name) => join(RING, name));
  const { stdout } = stepcast(['replay', ...traces, ...parameters.split(' ')]);
  expect(stdout).toContain('(117\u202f780 ns) until all is done: 8 ranks, ring of 8');
  // The same line is in the documentation.
  const page = readFileSync(new URL('../../docs/traces.md', import.meta.url), 'utf8');
  for (const word of parameters.split(' ').filter((part) => part.startsWith('--')))
    expect(page).toContain(word);
});
