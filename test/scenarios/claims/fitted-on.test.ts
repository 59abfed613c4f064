import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FITS } from '../../../devices/catalog/fits.ts';
import type { FittedOn } from '../../../devices/fit.ts';
import { KERNEL_PARAMETERS } from '../../../devices/kernels/parameters.ts';
import { CLAIM_KINDS } from '../../../scenarios/claims/kinds/index.ts';
import type { LedgerPoint } from '../../../scenarios/claims/ledger-point.ts';
import { loadLedger } from '../../../scenarios/claims/load.ts';
import { tasksFor } from '../../../scenarios/claims/tasks.ts';

/* What was fitted on what: no prediction of what a constant was fitted on is called a validation. */

const FOLDER = 'scenarios/claims';
const ledgers = loadLedger([FOLDER]);
const points = ledgers.flatMap((ledger) => ledger.points);
const sources = new Map(ledgers.map(({ file }) => [file.id, file]));

/** Told anew, not by the code that is tested. */
function covers({ data, where = {} }: FittedOn, { source, claim, hardware, fields }: LedgerPoint): boolean {
  const same = Object.entries(where).every(
    ([key, value]) => (key === 'hardware' ? hardware : fields[key]) === value,
  );
  return data === `${source}/${claim}` && same;
}

describe('constants of the catalog', () => {
  const on = FITS.flatMap((fit) =>
    fit.on.map((one) => [fit.id, one.data, JSON.stringify(one.where ?? {})] as const),
  );

  it.each(on)('%s is fitted on %s %s, which is committed', (_, data) => {
    const [source, claim] = data.split('/');
    if (claim === undefined) {
      expect(existsSync(join(FOLDER, 'data', `${data}.csv`))).toBe(true);
    } else {
      const file = sources.get(source!);
      const named = [...(file?.claims ?? []), ...(file?.left_out ?? []).map(({ claim }) => ({ id: claim }))];
      expect(named.map(({ id }) => id)).toContain(claim);
    }
  });

  it('no point that a fit used is validated; it is predicted without itself, or not counted', () => {
    const wrong = tasksFor(points, CLAIM_KINDS, FITS).filter(({ point, status, without }) => {
      const used = FITS.filter((fit) => fit.on.some((one) => covers(one, point)));
      if (used.length === 0) return false;
      if (status === 'validated') return true;
      if (status !== 'cross-validated') return false;
      return used.some((fit) => {
        const fold = fit.folds.find(({ leftOut }) => covers(leftOut, point));
        return fold === undefined || JSON.stringify(fold.parameters) !== JSON.stringify(without?.[fit.id]);
      });
    });
    expect(wrong.map(({ point: { source, claim, index } }) => `${source}/${claim}/${index}`)).toEqual([]);
  });

  it('a fold has no parameters that its fit has not', () => {
    for (const { id, parameters, folds } of FITS) {
      // A fit leaves out what is neutral.
      const known = new Set([...Object.keys(parameters), ...Object.keys(KERNEL_PARAMETERS)]);
      for (const fold of folds)
        expect(
          Object.keys(fold.parameters).filter((key) => !known.has(key)),
          id,
        ).toEqual([]);
    }
  });
});
