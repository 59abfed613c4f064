import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Validation } from '../../scenarios/validation.ts';
import { stepcast } from './program.ts';

const CLAIMS = `
format: stepcast-claims/1
id: mine
source: { title: Measurements of mine }
hardware:
  box:
    workers: { cpu: xeon-e5-2699v3, accelerator: k80, accelerators: 8 }
    network: { link: eth-10g }
claims:
  - id: alone
    kind: single-device
    what: time of a step
    provenance: { kind: seen, read_from: table }
    hardware: box
    workload: { model: alexnet }
    metric: step_time
    unit: ms
    points: [{ batch: 16, value: 200 }, { batch: 32, value: 300 }]
  - id: together
    kind: data-parallel
    what: images per second
    provenance: { kind: seen, read_from: table }
    hardware: box
    workload: { model: alexnet, batch: 32 }
    metric: throughput
    unit: images/s
    anchor: single-device
    points: [{ workers: 1, value: 100 }, { workers: 2, value: 150 }, { workers: 4, value: 200 }]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-validate-'));
  writeFileSync(join(folder, 'mine.yaml'), CLAIMS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('stepcast validate', () => {
  it('predicts files of claims of one’s own, whatever the number of threads', () => {
    const texts = ['1', '3'].map((jobs) => {
      const out = join(folder, `out-${jobs}`);
      const { code, stdout } = stepcast(['validate', folder, '-o', out, '--jobs', jobs]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^source +points +error %/);
      expect(stdout).toMatch(/^mine +4 /m);
      expect(stdout).toContain('1 point of one device, from which predictions start: not counted');
      expect(existsSync(join(out, 'report.html'))).toBe(true);
      return readFileSync(join(out, 'validation.json'), 'utf8');
    });
    expect(texts[1]).toBe(texts[0]);
    const { format, points } = JSON.parse(texts[0]!) as Validation;
    expect(format).toBe('stepcast validation');
    expect(points.map(({ status }) => status)).toEqual([
      'validated',
      'validated',
      'anchor',
      'validated',
      'validated',
    ]);
    expect(points.every(({ predicted }) => predicted! > 0)).toBe(true);
  });

  it('exits with 1 beyond a bound, and says which claim', () => {
    const { code, stdout } = stepcast([
      'validate',
      join(folder, 'mine.yaml'),
      '--no-files',
      '--bound',
      '0.001%',
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^mine\/alone: error [\d.]+ %, bound 0\.001 %$/m);
  });

  it('writes nothing where it is asked not to', () => {
    const { code, stdout } = stepcast(['validate', folder, '--no-files']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('Report:');
  });

  it.each([
    [['nothing-of-this-name'], /nothing-of-this-name/],
    [['no/such/folder'], /^error: no\/such\/folder: no such file or folder$/m],
    [['--bound', '-3'], /bound/],
    [['--jobs', '0'], /jobs/],
  ])('%j is refused', (args, message) => {
    const { code, stderr } = stepcast(['validate', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
