import type { Results, SweepOverview } from '../scenarios/results.ts';
import type { Validation } from '../scenarios/validation.ts';
import type { Figure } from './figure.ts';
import { figures } from './figures.ts';
import { sweepFigures } from './sweep/figures.ts';
import { validationFigures } from './validation-figures.ts';

/** What a page is made from. */
export type PageSource = Results | Validation | SweepOverview;

/** Figures of a page whose charts the script in it draws. */
export function pageFigures(page: PageSource): Figure[] {
  switch (page.format) {
    case 'stepcast validation':
      return validationFigures(page);
    case 'stepcast sweep overview':
      return sweepFigures(page);
    case 'stepcast results':
      return figures(page);
  }
}
