import { describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { renderReport } from '../../reports/html.ts';
import { STRATEGIES } from '../../scenarios/catalog.ts';
import { parseScenario } from '../../scenarios/load.ts';
import { parseResults } from '../../scenarios/results-schema.ts';
import { runScenario } from '../../scenarios/run.ts';
import { fixture } from '../reports/fixture.ts';
import { SMALL } from './small.ts';

const KINDS = Object.keys(STRATEGIES).map((kind) => JSON.stringify(kind));

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));

/** The message about the fixture with `value` where `path` leads. */
function damaged(path: string, value: unknown): string {
  const results = asJson(fixture());
  const keys = path.split('.');
  const last = keys.pop()!;
  const holder = keys.reduce((here, key) => here[key], results);
  expect(Object.keys(holder)).toContain(last);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  try {
    parseResults(results, 'results.json');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('the results were accepted');
}

/** One control, changed. */
const controls = (change: object) => ({
  run: 0,
  always: [],
  controls: [
    {
      id: 'a',
      name: 'A',
      kind: 'list',
      stops: [{ text: '', set: [], placementOf: null }],
      start: 0,
      onlyWith: null,
      ...change,
    },
  ],
});
/** One scope with an edge to itself, changed. */
const graph = (edge: object) => ({
  of: 'run',
  devices: [],
  scopes: [{ name: 'a', nodes: 1, flops: 1, nodesPerDevice: [] }],
  edges: [{ from: 0, to: 0, bytes: 1, crossingBytes: 0, ...edge }],
});

describe('results', () => {
  it('are read as they were written', async () => {
    expect(parseResults(asJson(fixture()), 'results.json')).toEqual(fixture());
    const scenario = parseScenario(SMALL, 'a.yaml', {
      set: ['experiments.where.placers=[{kind: round-robin}]'],
    });
    const results = await runScenario(scenario, { seed: 1 });
    expect(parseResults(asJson(results), 'results.json')).toEqual(asJson(results));
    const again = renderReport(parseResults(asJson(results), 'results.json'), 'client()');
    expect(again).toBe(renderReport(results, 'client()'));
  });

  it('may hold losses that are no numbers', () => {
    const results = asJson(fixture());
    results.training[0].runs[0].learning.heldOutLoss[3] = null;
    expect(parseResults(results, 'results.json').training[0]!.runs[0]!.learning!.heldOutLoss[3]).toBeNull();
  });

  it.each([
    ['training.0.runs.0.samplesPerSecond', 'fast', 'expected a number, got "fast"'],
    ['training.0.runs.0.samplesPerSecond', null, 'expected a number, got nothing'],
    ['training.0.runs.0.samplesPerSecond', -1, 'expected at least 0, got -1'],
    ['training.0.runs.0.simulatedSeconds', Number.POSITIVE_INFINITY, 'expected a number, got Infinity'],
    ['training.0.runs.0.updates', 1.5, 'expected a whole number, got 1.5'],
    ['training.0.runs.0.label', { a: 1 }, 'expected text, got a map of keys'],
    ['training.0.runs.0.devices.0.compute', 2, 'expected a share from 0 to 1, got 2'],
    ['training.0.runs.0.stepSeconds', null, 'expected a map of keys, got nothing'],
    ['training.0.runs.0.simulatedSeconds', 1e308, 'expected at most 1e+40, got 1e+308'],
    ['training.0.runs.0.simulatedSeconds', 5e-324, 'too small: 5e-324'],
    ['training.0.runs', undefined, 'missing; expected a list'],
    ['training.0.runs.0.learning.seconds', [0], /^expected \d+ entries, as many as updates has, got 1$/],
    ['training.0.timeline.bytes', [0], /^expected \d+ entries, as many as lane has, got 1$/],
    ['training.0.timeline.lane.2', 1000, /^expected less than \d+, the number of lanes, got 1000$/],
    ['training.0.timeline.label.2', 9999, /^expected less than \d+, the number of labels, got 9999$/],
    ['training.0.runs.0.strategy', 'synch', `expected one of ${KINDS.join(', ')}, got "synch"`],
    ['placement.0.runs.0.deviceOf', {}, 'expected a list, got a map of keys'],
    ['answers', 'none', 'expected a list, got "none"'],
    ['title', undefined, 'missing; expected text'],
  ])('%s: %j is refused', (path, value, message) => {
    const text = damaged(path, value);
    const start = `results.json: ${path}: `;
    expect(text.slice(0, start.length)).toBe(start);
    expect(text.slice(start.length)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  it.each([
    ['training.0.controls', controls({ id: '"><img src=x>' }), 'training.0.controls.controls.0.id: '],
    ['training.0.controls', controls({ start: 1 }), 'expected the number of a stop, got 1'],
    ['training.0.controls', controls({ onlyWith: { control: 'b', stops: [] } }), 'id of a control, got "b"'],
    ['training.0.controls', { ...controls({}), run: 99 }, 'there is no run 99'],
    ['training.0.placedGraph', graph({ to: 1 }), 'there is no scope 1'],
    ['placement.0.runs.0.devices', [], 'expected 0 entries, one for each device'],
    ['placement.0.runs.0.deviceOf', [], 'one for each node, got 0'],
  ])('%s: what does not fit together is refused', (path, value, message) => {
    expect(damaged(path, value)).toContain(message);
  });
});
