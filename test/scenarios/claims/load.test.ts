import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { claimFiles, loadLedger, parseClaims } from '../../../scenarios/claims/load.ts';

const SMALL = `format: stepcast-claims/1
id: mine
source: { title: My measurements }
hardware:
  dgx: { workers: { node: dgx-a100 } }
  other: { workers: { cpu: xeon-8180 }, network: { link: eth-10g } }
claims:
  - id: gradients
    kind: collective
    what: gradients of BERT
    provenance: { kind: seen, tier: primary }
    hardware: dgx
    workload: { collective: all-reduce }
    strategy: { workers: 8 }
    metric: step_time
    unit: us
    points:
      - { bytes: 1048576, value: 100 }
      - { bytes: 2097152, workers: 4, hardware: other, value: 150.5, note: two of them }
  - id: scaling
    kind: collective
    what: how much longer among more
    provenance: { kind: recalled, confidence: low }
    hardware: dgx
    workload: { collective: all-reduce, bytes: 1000 }
    metric: time_ratio
    unit: '%'
    bound: 12
    points:
      - { workers: 8, relative_to: { workers: 2 }, value: 250 }
`;

const parsed = (source: string) => parseClaims(source, 'a.yaml').points;

function problems(source: string): string[] {
  try {
    parsed(source);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.split('\n');
  }
  throw new Error('the file was accepted');
}

/** The messages after one change of the small file. */
function changed(from: string | RegExp, to: string): string[] {
  const source = SMALL.replace(from, to);
  expect(source).not.toBe(SMALL);
  return problems(source);
}

describe('a good file', () => {
  it('is merged, from workload to point, and comes in SI units', () => {
    const [first, second, third] = parsed(SMALL);
    expect(first).toMatchObject({
      source: 'mine',
      claim: 'gradients',
      index: 0,
      kind: 'collective',
      hardware: 'dgx',
      metric: 'step_time',
      anchor: 'none',
      bound: undefined,
      reference: undefined,
      use: 'gate',
    });
    expect(first!.measured).toBeCloseTo(100e-6, 15);
    expect(first!.fields).toMatchObject({ collective: 'all-reduce', workers: 8, bytes: 1048576 });
    // What is written at the point wins.
    expect(second!.fields).toMatchObject({ workers: 4, bytes: 2097152 });
    expect(second!.hardware).toBe('other');
    expect(third).toMatchObject({ measured: 2.5, bound: 12, use: 'ordering' });
    expect(third!.reference).toMatchObject({ workers: 2, bytes: 1000 });
  });

  it('has clusters whose defaults are filled in', () => {
    const [first] = parsed(SMALL);
    expect(first!.cluster!.workers).toMatchObject({ accelerator: 'a100', accelerators: 8 });
  });
});

describe('a mistake', () => {
  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'kind',
      'kind: collective',
      'kind: colective',
      /^a\.yaml:9:11: claims\.0\.kind: unknown kind of claim "colective"; did you mean "collective"\?$/,
    ],
    [
      'kind of the language',
      'kind: collective',
      'kind: constructor',
      /unknown kind of claim "constructor"; choose one of/,
    ],
    [
      'metric',
      'metric: step_time',
      'metric: steptime',
      /^a\.yaml:15:13: claims\.0\.metric: expected one of "?step_time/,
    ],
    [
      'unit',
      'unit: us',
      'unit: uss',
      /^a\.yaml:16:11: claims\.0\.unit: unknown unit of step_time "uss"; did you mean "us"\?$/,
    ],
    [
      'hardware',
      'hardware: dgx',
      'hardware: dgz',
      /^a\.yaml:12:15: claims\.0\.hardware: unknown hardware "dgz"; did you mean "dgx"\?$/,
    ],
    [
      'hardware of a point',
      'hardware: other',
      'hardware: toString',
      /^a\.yaml:19:\d+: claims\.0\.points\.1\.hardware: unknown hardware "toString"/,
    ],
    [
      'key of a point',
      'bytes: 1048576',
      'byte: 1048576',
      /^a\.yaml:18:11: claims\.0\.points\.0\.byte: unknown key; did you mean "bytes"\?$/,
    ],
    [
      'key of the workload',
      'collective: all-reduce }',
      'collective: all-reduce, size: 1 }',
      /^a\.yaml:13:\d+: claims\.0\.workload\.size: unknown key/,
    ],
    [
      'key of the strategy',
      '{ workers: 8 }',
      '{ worker: 8, workers: 8 }',
      /^a\.yaml:14:\d+: claims\.0\.strategy\.worker: unknown key; did you mean "workers"\?$/,
    ],
    [
      'value of the strategy',
      '{ workers: 8 }',
      '{ workers: 1 }',
      /^a\.yaml:14:\d+: claims\.0\.strategy\.workers: expected at least 2, got 1$/,
    ],
    [
      'device',
      'node: dgx-a100',
      'node: dgx-a101',
      /^a\.yaml:5:\d+: hardware\.dgx\.workers\.node: unknown node "dgx-a101"; did you mean "dgx-a100"\?$/,
    ],
    [
      'link',
      'link: eth-10g',
      'link: eth-11g',
      /^a\.yaml:6:\d+: hardware\.other\.network\.link: unknown link "eth-11g"/,
    ],
    [
      'reference',
      ', relative_to: { workers: 2 }',
      '',
      /^a\.yaml:30:9: claims\.1\.points\.0: time_ratio compares with another step; say in relative_to/,
    ],
    [
      'reference of nothing',
      'value: 100 }',
      'value: 100, relative_to: { workers: 2 } }',
      /claims\.0\.points\.0\.relative_to: step_time compares with nothing/,
    ],
    [
      'id twice',
      'id: scaling',
      'id: gradients',
      /^a\.yaml:20:9: claims\.1\.id: gradients is the id of a claim before it$/,
    ],
    [
      'value',
      'value: 100 }',
      'value: -100 }',
      /^a\.yaml:18:\d+: claims\.0\.points\.0\.value: expected more than 0, got -100$/,
    ],
    ['value that is none', 'value: 100 }', 'value: .inf }', /claims\.0\.points\.0\.value: /],
    [
      'format',
      'stepcast-claims/1',
      'claims/v1',
      /^a\.yaml:1:9: format: expected "?stepcast-claims\/1"?, got "claims\/v1"$/,
    ],
  ])('in the %s is told with its place and the nearest choice', (_, from, to, message) => {
    const [first, ...others] = changed(from, to);
    expect(first).toMatch(message);
    expect(others).toEqual([]);
  });

  it('that all points have is told once', () => {
    const points = Array.from({ length: 500 }, (_, i) => `      - { bytes: ${i + 1}, value: 1 }`).join('\n');
    const told = problems(
      SMALL.replace(/ {6}- \{ bytes: 1048576[\s\S]*?(?= {2}- id: scaling)/, `${points}\n`).replace(
        '{ workers: 8 }',
        '{}',
      ),
    );
    expect(told).toEqual([
      expect.stringMatching(
        /^a\.yaml:13:\d+: claims\.0\.workload\.workers: missing; expected a whole number$/,
      ),
    ]);
  });
});

describe('a hostile file', () => {
  it('cannot reach prototypes', () => {
    parsed(SMALL.replace('bytes: 1048576,', 'bytes: 1048576, __proto__: { polluted: 1 },'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(problems(SMALL.replace('{ workers: 8 }', '{ workers: 8, constructor: x }'))[0]).toMatch(
      /constructor: unknown key/,
    );
  });

  it.each([
    [
      'a tower of aliases',
      `a: &a [${'x,'.repeat(9)}x]\n${[...'bcdefghi'].map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(9)}*${'abcdefgh'[i]}]`).join('\n')}\n`,
    ],
    ['deep nesting', `${'['.repeat(100_000)}`],
    ['no YAML', '\u0000\u0001{{{{'],
    ['nothing', ''],
    ['another format', 'schema: claims/v1\nid: x\n'],
    ['a list', '- 1\n- 2\n'],
  ])('is refused in words: %s', (_, source) => {
    const told = problems(source);
    expect(told[0]).toMatch(/^a\.yaml/);
    expect(told.join('\n').length).toBeLessThan(5000);
  });
});

describe('folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepcast-claims-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are read in the order of names', () => {
    writeFileSync(join(folder, 'b.yaml'), SMALL.replace('id: mine', 'id: second'));
    writeFileSync(join(folder, 'a.yml'), SMALL);
    writeFileSync(join(folder, 'notes.txt'), 'no claims');
    expect(claimFiles(folder)).toEqual([join(folder, 'a.yml'), join(folder, 'b.yaml')]);
    expect(loadLedger([folder]).map(({ file }) => file.id)).toEqual(['mine', 'second']);
  });

  it('have files of different ids', () => {
    for (const name of ['a.yaml', 'b.yaml']) writeFileSync(join(folder, name), SMALL);
    expect(() => loadLedger([folder])).toThrow(/b\.yaml: id: .*a\.yaml has the id mine too/);
  });

  it('that are empty or missing are told', () => {
    expect(() => loadLedger([folder])).toThrow(/there is no YAML file in this folder/);
    expect(() => loadLedger([join(folder, 'none')])).toThrow(/there is no such file/);
  });

  it('refuse what is too large', () => {
    writeFileSync(join(folder, 'a.yaml'), `#${'x'.repeat(4_000_001)}`);
    expect(() => loadLedger([folder])).toThrow(/too large for a file of claims/);
  });
});
