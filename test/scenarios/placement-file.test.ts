import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { heft } from '../../placement/heft.ts';
import type { Placement } from '../../placement/placer.ts';
import { formatPlacement, placementFromFile } from '../../scenarios/placement-file.ts';
import { settingOf } from './placement-experiments.ts';

const { problem, evaluator, graph } = settingOf({ model: 'mnist-cnn' });
const context = { ...evaluator, random: stream(1, 'placer') };
const found = heft.place(problem, context).placement;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-placement-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Each node's device by name. */
const nodesOf = (placement: Placement): { [node: string]: string } =>
  Object.fromEntries(
    Array.from(placement, (device, node) => [graph.name[node]!, problem.deviceName[device]!]),
  );

function read(nodes: { readonly [node: string]: string }): Placement {
  const path = join(folder, 'placement.json');
  const file = { format: 'stepcast placement', version: 1, model: 'm', batch: 1, placer: 'heft' } as const;
  writeFileSync(path, formatPlacement({ ...file, nodes }));
  return placementFromFile(path).place(problem, context).placement;
}

describe('a placement in a file', () => {
  it('is read as it was written', () => {
    expect(read(nodesOf(found))).toEqual(found);
  });

  it('may have nodes that the graph does not', () => {
    expect(read({ ...nodesOf(found), other: problem.deviceName[0]! })).toEqual(found);
  });

  it('has to have all nodes of the graph', () => {
    const { [graph.name[0]!]: _, ...others } = nodesOf(found);
    expect(() => read(others)).toThrow(`says nothing of node "${graph.name[0]}"`);
  });

  it('has to keep colocated nodes together', () => {
    const group = problem.memberStart.findIndex(
      (start, g) => (problem.memberStart[g + 1] ?? 0) - start > 1 && (problem.feasible[g] ?? []).length > 1,
    );
    const [first, second] = problem.member.subarray(problem.memberStart[group]);
    const other = problem.feasible[group]!.find((device) => device !== found[first!])!;
    const moved = found.slice();
    moved[second!] = other;
    expect(() => read(nodesOf(moved))).toThrow(
      `nodes "${graph.name[first!]}" and "${graph.name[second!]}" are colocated, but on different devices`,
    );
  });

  it('has to put nodes where they can run', () => {
    const group = problem.feasible.findIndex((devices) => devices.length < problem.deviceCount);
    const node = problem.member[problem.memberStart[group]!]!;
    const device = problem.deviceName.findIndex((_, d) => !problem.feasible[group]!.includes(d));
    expect(() => read({ ...nodesOf(found), [graph.name[node]!]: problem.deviceName[device]! })).toThrow(
      `node "${graph.name[node]}" cannot run on "${problem.deviceName[device]}"`,
    );
  });

  it('has to name devices of the cluster', () => {
    expect(() => read({ ...nodesOf(found), [graph.name[0]!]: '/job:worker/task:0/device:GPU:99' })).toThrow(
      'which the cluster does not have',
    );
  });

  it.each([
    ['null', '"nodes", the device of each node'],
    ['[]', 'not a placement'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'not a placement'],
    ['{"format": "stepcast placement", "version": 2, "nodes": {}}', 'not a placement'],
    ['{"format": "stepcast placement", "version": 1, "nodes": ["x"]}', 'not a placement'],
    ['{"format": "stepcast placement", "version": 1, "nodes": {"x": 1}}', 'node "x": expected the name'],
    ['{"format":\n stepcast,\n}', 'not JSON'],
    ['', 'not JSON'],
  ])('%.40s is refused in one line', (text, message) => {
    const path = join(folder, 'wrong.json');
    writeFileSync(path, text);
    let said = '';
    try {
      placementFromFile(path).place(problem, context);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(`${path}: `);
    expect(said).toContain(message);
    expect(said).not.toContain('\n');
  });

  it('may name a node as objects name their prototype', () => {
    const [first, ...others] = graph.name;
    const renamed = { ...problem, name: ['__proto__', ...others] };
    const path = join(folder, 'prototype.json');
    const nodes = JSON.stringify(nodesOf(found)).replace(JSON.stringify(first), '"__proto__"');
    writeFileSync(path, `{"format": "stepcast placement", "version": 1, "nodes": ${nodes}}`);
    expect(placementFromFile(path).place(renamed, context).placement).toEqual(found);
  });
});
