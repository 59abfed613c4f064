import { describe, expect, test } from 'vitest';
import { trainingAnswer } from '../../scenarios/answers.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import { trainingExperiment } from '../reports/fixture.ts';

const base = trainingExperiment(false);

interface Wanted {
  readonly label?: string;
  readonly workers: number;
  readonly servers?: number;
  readonly speedUp: number;
}

const STRATEGY_OF: { readonly [word: string]: string } = {
  synchronous: 'sync',
  asynchronous: 'async',
  hybrid: 'hybrid',
};

function run({ label = 'synchronous', workers, servers = 2, speedUp }: Wanted): TrainingRun {
  return {
    ...base.runs[0]!,
    strategy: STRATEGY_OF[label.split(',')[0]!] ?? 'all-reduce',
    label,
    workers,
    parameterServers: servers,
    speedUp,
    samplesPerSecond: 100 * speedUp,
    efficiency: speedUp / workers,
    stepSeconds: { ...base.runs[0]!.stepSeconds, mean: 0.32 / speedUp, meanInterval: null },
  };
}

function answer(runs: readonly TrainingRun[], changes: Partial<TrainingExperiment> = {}): string {
  return trainingAnswer({ ...base, title: 'A question', runs, ...changes });
}

describe('the fastest run', () => {
  test('is named with its speed-up, and the others on as many workers with theirs', () => {
    const runs = [
      run({ workers: 8, speedUp: 5 }),
      run({ label: 'asynchronous', workers: 8, speedUp: 7 }),
      run({ label: 'hybrid, 2 groups', workers: 8, speedUp: 6 }),
      run({ label: 'all-reduce', workers: 8, servers: 0, speedUp: 6.5 }),
      run({ label: 'all-reduce', workers: 4, servers: 0, speedUp: 3.5 }),
      run({ label: 'ZeRO-3', workers: 4, servers: 0, speedUp: 3.8 }),
    ];
    expect(answer(runs)).toMatch(
      /^A question: asynchronous on 8 workers trains fastest, 7× as fast as one synchronous worker \(efficiency 88 %\)\. That is 700 samples\/s, 45\.7 ms an update; .* Speed-ups of others on as many workers: all-reduce: 6.5×; hybrid, 2 groups: 6×; synchronous: 5×\.$/,
    );
  });

  test('needs memory that suffices: what does not fit is told, however fast it would be', () => {
    const unfit: TrainingRun = {
      ...run({ label: 'all-reduce', workers: 8, servers: 0, speedUp: 8 }),
      outOfMemory: {
        device: '/job:worker/task:0/device:GPU:0',
        model: 'Tesla K40',
        node: 'conv',
        seconds: 1,
        bytes: 4e9,
        usedBytes: 10e9,
        capacityBytes: 12e9,
        remedies: [],
      },
    };
    const text = answer([
      unfit,
      { ...unfit, workers: 4 },
      run({ label: 'ZeRO-3', workers: 8, servers: 0, speedUp: 6 }),
    ]);
    expect(text).toMatch(/^A question: ZeRO-3 on 8 workers trains fastest, 6×/);
    expect(text).toContain('All-reduce on 8 workers runs out of memory: ');
    expect(text).toMatch(/; so do 1 other run\.$/);
    expect(text).not.toContain('8×');
    expect(answer([unfit])).toMatch(/^A question: no run fits\. all-reduce on 8 workers runs out of memory/);
  });

  test('of one run only is no contest; what it is measured against is said', () => {
    const alone = run({ label: 'pipeline of 4, 1f1b', workers: 16, servers: 0, speedUp: 12 });
    expect(answer([alone], { baseline: 'one worker, if its memory sufficed' })).toMatch(
      /^A question: pipeline of 4, 1f1b on 16 workers is 12× as fast as one worker, if its memory sufficed \(efficiency 75 %\)\. /,
    );
  });

  test('computes as much as its busy devices do: those that others stand for are not asked', () => {
    const only = run({ label: 'all-reduce', workers: 2, servers: 0, speedUp: 2 });
    const use = { model: 'k40', communication: 0.1, waiting: 0.3 };
    const devices = [
      { ...use, device: '/job:worker/task:0/device:GPU:0', compute: 0.6 },
      { device: '/job:worker/task:1/device:GPU:0', model: 'k40', compute: 0, communication: 0, waiting: 1 },
    ];
    expect(answer([{ ...only, devices }])).toContain(
      'its workers compute 60 % of the time, communicate 10 %',
    );
  });
});

describe('how far workers pay off', () => {
  const series = (label: string, speedUps: { readonly [workers: number]: number }): TrainingRun[] =>
    Object.entries(speedUps).map(([workers, speedUp]) =>
      run({ label, workers: Number(workers), speedUp, servers: 0 }),
    );

  test('up to where each further one brings less than a quarter of what those before it do', () => {
    // 25 to 50 workers: 12 % more for 100 % more workers; 200: 26 % more than 25 for eight times as many.
    const text = answer(series('all-reduce', { 1: 1, 25: 20, 50: 22.4, 200: 25.2 }));
    expect(text).toContain(
      'How far workers pay off: all-reduce up to 25 workers (50 train 12 % faster, 200 26 % faster).',
    );
  });

  test('beyond the best, more are slower', () => {
    const text = answer(series('model parallel', { 1: 1, 2: 1.6, 4: 2.1, 8: 2.2, 16: 2, 128: 0.8 }));
    expect(text).toMatch(/^A question: model parallel on 8 workers trains fastest, 2\.2×/);
    expect(text).toContain('model parallel up to 4 workers (8 train 5 % faster, 128 62 % slower).');
  });

  test('a dip that is made good is no end', () => {
    const text = answer(series('all-reduce', { 1: 1, 8: 7.9, 16: 7.5, 32: 25, 64: 50 }));
    expect(text).toContain('How far workers pay off: all-reduce still at 64 workers.');
  });

  test('where nothing stops and the range is narrow, nothing is said', () => {
    expect(answer(series('all-reduce', { 1: 1, 2: 1.9, 4: 3.6, 8: 6 }))).not.toContain('pay off');
  });

  test('the winner first, and each strategy for itself', () => {
    const text = answer([
      ...series('all-reduce', { 1: 1, 8: 4, 64: 5 }),
      ...series('ZeRO-3', { 1: 1, 8: 7, 64: 40 }),
    ]);
    expect(text).toContain(
      'How far workers pay off: ZeRO-3 still at 64 workers; all-reduce up to 8 workers (64 train 25 % faster).',
    );
  });
});

describe('parameter servers', () => {
  const of = (speedUps: { readonly [servers: number]: number }, workers = 32): TrainingRun[] =>
    Object.entries(speedUps).map(([servers, speedUp]) =>
      run({ label: 'asynchronous', workers, servers: Number(servers), speedUp }),
    );

  test('tell runs apart where they vary', () => {
    expect(answer(of({ 1: 8, 2: 15, 4: 26 }))).toMatch(
      /^A question: asynchronous on 32 workers and 4 parameter servers trains fastest/,
    );
    expect(answer(of({ 4: 26 }))).toMatch(/^A question: asynchronous on 32 workers is 26×/);
  });

  test('pay off as long as any more of them bring a tenth', () => {
    expect(answer(of({ 1: 8, 2: 15, 4: 26, 8: 27, 16: 27.2 }))).toContain(
      'Parameter servers pay off up to 4 (with asynchronous on 32 workers, 4 train 225 % faster than 1, 8 train 4 % faster than 4).',
    );
    expect(answer(of({ 1: 8, 2: 15, 4: 26 }))).toContain(
      'Parameter servers pay off up to all 4 (with asynchronous on 32 workers, 4 train 73 % faster than 2).',
    );
  });
});

describe('backup workers', () => {
  const STEPS = [3, 2.4, 2.1, 2, 1.95, 2.05, 2.2];

  const compared = (extra: boolean): TrainingRun[] =>
    STEPS.map((step, backups) => {
      const workers = extra ? 50 + backups : 50;
      const waited = extra ? 50 : 50 - backups;
      const speedUp = waited / step;
      return {
        ...run({ workers, speedUp }),
        strategy: backups === 0 ? 'sync' : 'backup',
        label: `synchronous, ${backups} backups`,
        options: backups === 0 ? {} : { backups, extra },
        samplesPerUpdate: 32 * waited,
        stepSeconds: { ...base.runs[0]!.stepSeconds, mean: step, meanInterval: null },
      };
    });

  test('on top of the workers: the shortest step is not the best use of each worker', () => {
    // Per worker: 50 / 53 / 2.0 = 0.4717 with 3, 50 / 54 / 1.95 = 0.4748 with 4.
    expect(answer(compared(true))).toContain(
      'Of the numbers of backup workers compared, 4 train fastest (1.95 s a step, 3 s without).',
    );
    const cheaper = compared(true).map((one) =>
      one.options.backups === 3 ? { ...one, efficiency: one.efficiency * 1.02 } : one,
    );
    expect(answer(cheaper)).toContain('(1.95 s a step, 3 s without); per worker, 3 are best.');
  });

  test('among the workers', () => {
    expect(answer(compared(false))).toContain(
      'Of the numbers of backup workers compared, 4 train fastest (1.95 s a step, 3 s without).',
    );
  });

  test('two numbers of them are no comparison', () => {
    expect(answer(compared(true).slice(0, 2))).not.toContain('numbers of backup workers');
  });
});
