import { describe, expect, it } from 'vitest';
import { progressOn } from '../../cli/progress.ts';
import { formatTable } from '../../cli/table.ts';

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
    const progress = progressOn(output);
    progress.show('short', ' 10 %');
    progress.show('short', ' 20 %');
    progress.show('short', ' 20 %');
    progress.show('a line that is too long for the terminal');
    progress.end();
    const lines = ['short 10 %', 'short 20 %', 'a line that is too ', ''];
    expect(written).toEqual(lines.map((line) => `\r\u001b[K${line}`));
  });

  it('leaves nothing to take away where nothing was shown', () => {
    const { written, output } = recorder(true);
    progressOn(output).end();
    expect(written).toEqual([]);
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
});
