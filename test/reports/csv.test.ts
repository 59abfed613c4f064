import { csvParse } from 'd3';
import { describe, expect, test } from 'vitest';
import { placementsCsv, stepsCsv } from '../../reports/csv.ts';
import { fixture } from './fixture.ts';
import { hostileResults } from './hostile.ts';

describe('stepsCsv', () => {
  test('has one row per training run, with figures at full precision', () => {
    const results = fixture();
    const rows = csvParse(stepsCsv(results));
    const runs = results.training.flatMap((experiment) => experiment.runs);
    expect(rows).toHaveLength(runs.length);
    expect(rows.map((row) => Number(row.step_p99_seconds))).toEqual(runs.map((run) => run.stepSeconds.p99));
    expect(rows.map((row) => Number(row.speed_up_factor))).toEqual(runs.map((run) => run.speedUp));
    expect(rows[4]!.label).toBe('synchronous, 1 backup');
    expect(rows[0]!.held_out_loss_last).not.toBe('');
    expect(rows.at(-1)!.held_out_loss_last).toBe('');
  });

  test('ends lines as RFC 4180 says, and quotes what needs it', () => {
    const lines = stepsCsv(fixture()).split('\r\n');
    expect(lines.at(-1)).toBe('');
    expect(lines[5]).toContain('"synchronous, 1 backup"');
    expect(lines.join('')).not.toContain('\n');
  });
});

test('placementsCsv has one row per placement', () => {
  const rows = csvParse(placementsCsv(fixture()));
  expect(rows.map((row) => [row.placer, row.step_seconds, row.devices_used])).toEqual([
    ['single', '0.412', '1'],
    ['layers', '0.365', '4'],
    ['annealing', '0.243', '4'],
    ['cross-entropy', '0.228', '4'],
  ]);
});

test('placementsCsv says what draws, bounds, the portfolio and wrong costs make of a placement', () => {
  const results = fixture();
  const [experiment] = results.placement;
  const rows = csvParse(placementsCsv(results));
  const row = rows[3]!;
  expect(row).toMatchObject({
    objective: 'step-time',
    objective_value: '0.228',
    objective_unit: 'seconds',
    draws: '5',
    bound_communication_seconds: '0.17',
    evaluations_that_did_not_fit: '41',
    portfolio_draw: '4',
    portfolio_step_seconds: '0.221',
    op_times_off_first_share: '0.5',
  });
  expect(Number(row.step_above_bound_share)).toBeCloseTo(0.228 / 0.171 - 1, 12);
  expect(Number(row.step_least_of_draws_seconds)).toBeCloseTo(0.97 * 0.228, 12);
  expect(Number(row.half_bandwidth_step_seconds)).toBe(experiment!.runs[3]!.robustness!.halfBandwidthSeconds);
  expect(rows.map(({ portfolio_draw }) => portfolio_draw)).toEqual(['', '', '', '4']);

  const runs = experiment!.runs.map((run) => ({ ...run, robustness: null, score: 1e-6 }));
  const dear = csvParse(
    placementsCsv({ ...results, placement: [{ ...experiment!, objective: 'cost', runs }] }),
  );
  expect(dear.map((one) => [one.objective_value, one.objective_unit])).toEqual([
    // Of what does not fit, the score is no price.
    ['', 'dollars'],
    ...Array.from({ length: 3 }, () => ['0.000001', 'dollars']),
  ]);
  expect(dear[3]!.half_bandwidth_step_seconds).toBe('');
});

test('no text is a formula to a spreadsheet', () => {
  const results = hostileResults();
  const [experiment] = results.placement;
  const starts = ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\uff1d1', '|calc'];
  const runs = starts.map((label) => ({ ...experiment!.runs[0]!, label }));
  const rows = csvParse(placementsCsv({ ...results, placement: [{ ...experiment!, runs }] }));
  expect(rows.map((row) => row.label)).toEqual(starts.map((label) => `'${label}`));
  for (const row of csvParse(stepsCsv(results)))
    for (const cell of Object.values(row))
      if (Number.isNaN(Number(cell))) expect(cell).not.toMatch(/^\s*[=+\-@]/);
});

test('nothing gives nothing', () => {
  expect(stepsCsv(fixture({ training: [] })) + placementsCsv(fixture({ placement: [] }))).toBe('');
});
