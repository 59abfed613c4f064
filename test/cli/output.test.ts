import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { progressOn } from '../../cli/progress.ts';
import { formatTable } from '../../cli/table.ts';
import { roughly, TimeLeft } from '../../cli/time-left.ts';
import { program } from './program.ts';

function recorder(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => {
    written.push(String(text));
    return true;
  };
  return { written, output: { write: write as never, isTTY, columns } };
}

describe('progress', () => {
  it('is a line per change where the output is piped', () => {
    const { written, output } = recorder(false);
    const progress = progressOn(output);
    progress.show('cnn 0/2 sync');
    progress.show('cnn 1/2 reinforce', ' 10 %');
    progress.show('cnn 1/2 reinforce', ' 20 %');
    progress.show('cnn 2/2 done');
    progress.end();
    expect(written).toEqual(['cnn 0/2 sync\n', 'cnn 1/2 reinforce\n', 'cnn 2/2 done\n']);
  });

  it('is a line with the detail, too, when 10 s have passed', () => {
    const { written, output } = recorder(false);
    let now = 0;
    const progress = progressOn(output, { now: () => now });
    for (now = 0; now < 25_000; now += 1000) progress.show('cnn 0/1 sync', ` ${now / 1000} %`);
    expect(written).toEqual(['cnn 0/1 sync\n', 'cnn 0/1 sync 10 %\n', 'cnn 0/1 sync 20 %\n']);
  });

  it('is one line, drawn over, on a terminal', () => {
    const { written, output } = recorder(true, 20);
    const progress = progressOn(output, { environment: {} });
    progress.show('short', ' 10 %');
    progress.show('short', ' 20 %');
    progress.show('short', ' 20 %');
    progress.show('a line that is too long for the terminal');
    progress.end();
    const lines = ['short 10 %', 'short 20 %', 'a line that is too ', ''];
    expect(written).toEqual(lines.map((line) => `\r\u001b[K${line}`));
  });

  it('is a line per change on a dumb terminal', () => {
    const { written, output } = recorder(true);
    const progress = progressOn(output, { environment: { TERM: 'dumb' } });
    progress.show('cnn 0/1 sync', ' 10 %');
    progress.show('cnn 0/1 sync', ' 20 %');
    progress.end();
    expect(written).toEqual(['cnn 0/1 sync\n']);
  });

  it('shows that silent work goes on, and stops at the end', () => {
    const { written, output } = recorder(false);
    let now = 0;
    let tick = (): void => {};
    let stopped = false;
    const every = (_: number, call: () => void) => {
      tick = call;
      return () => {
        stopped = true;
      };
    };
    const progress = progressOn(output, { now: () => now, every });
    progress.show('cnn 0/1 sync');
    for (now = 1000; now <= 21_000; now += 1000) tick();
    expect(written).toEqual(['cnn 0/1 sync\n', 'cnn 0/1 sync, 10 s\n', 'cnn 0/1 sync, 20 s\n']);
    progress.end();
    expect(stopped).toBe(true);
  });

  it('says how long it still takes', () => {
    const { written, output } = recorder(true);
    let now = 0;
    const progress = progressOn(output, { now: () => now, environment: {} });
    progress.show('work', '', 0);
    now = 60_000;
    progress.show('work', ' 25 %', 0.25);
    expect(written.at(-1)).toBe('\r\u001b[Kwork 25 %, about 3 min left');
  });

  it('leaves nothing to take away where nothing was shown', () => {
    const { written, output } = recorder(true);
    progressOn(output).end();
    expect(written).toEqual([]);
  });
});

describe('time left', () => {
  it('is exact at an even pace, and counts down between steps', () => {
    const left = new TimeLeft();
    for (let second = 0; second <= 40; second += 10) left.tell(second / 100, second);
    expect(left.at(40)).toBeCloseTo(60, 9);
    expect(left.at(45)).toBeCloseTo(55, 9);
    // Soon over, or over.
    expect(left.at(98)).toBeUndefined();
  });

  it('follows the pace of late steps', () => {
    const left = new TimeLeft();
    for (let second = 0; second <= 50; second++) left.tell(second / 100, second);
    // Ten times as slow from here on: 450 s for 45 % that are left after 50 s more.
    for (let second = 1; second <= 50; second++) left.tell(0.5 + second / 1000, 50 + second);
    const even = 45 / (55 / 100);
    expect(left.at(100)!).toBeGreaterThan(even);
    expect(left.at(100)!).toBeLessThan(450);
  });

  it('is not told before it is known, and begins anew with other work', () => {
    const left = new TimeLeft();
    expect(left.at(0)).toBeUndefined();
    left.tell(0, 0);
    expect(left.at(100)).toBeUndefined();
    left.tell(0.5, 100);
    expect(left.at(100)).toBeCloseTo(100, 9);
    left.tell(0.1, 110);
    expect(left.at(200)).toBeUndefined();
  });

  it.each([
    [6, 'about 5 s'],
    [42, 'about 40 s'],
    [58, 'about 1 min'],
    [150, 'about 3 min'],
    [3600, 'about 1 h'],
    [4900, 'about 1 h 20 min'],
    [7190, 'about 2 h'],
  ])('%d s: %s', (seconds, words) => expect(roughly(seconds)).toBe(words));
});

describe('exit codes', () => {
  it.skipIf(!existsSync('/dev/full'))('are the same where nobody can be told of progress or errors', () => {
    const codeOf = (command: string): number | null =>
      spawnSync('bash', ['-c', `"$0" "$1" ${command}`, process.execPath, program], { stdio: 'ignore' })
        .status;
    expect(codeOf('devices k40 2>/dev/full')).toBe(0);
    expect(codeOf('devices k41 2>/dev/full')).toBe(2);
    expect(codeOf('devices k40 >/dev/full')).toBe(2);
  });
});

describe('tables', () => {
  it('align words to the left and numbers to the right', () => {
    const table = formatTable([
      { header: 'name', cells: ['a', 'µ-long'] },
      { header: 'n', align: 'right', cells: ['1', '22'] },
      { header: 'why', cells: ['x', ''] },
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the header may be bold
    expect(table.replaceAll(/\u001b\[\d+m/g, '')).toBe('name     n  why\na        1  x\nµ-long  22\n');
  });

  it('may have more rows than a function takes arguments', () => {
    const table = formatTable([{ header: 'n', cells: Array(300_000).fill('1') }]);
    expect(table.split('\n').length).toBe(300_002);
  });
});
