import type { Validation } from '../scenarios/validation.ts';
import type { Figure } from './figure.ts';
import { predictedMeasured } from './sections/predicted-measured.ts';
import { residualsBySize, residualsBySource, residualsByStrategy } from './sections/residuals.ts';

/** Charts of a validation, in the order of the page. */
export function validationFigures(validation: Validation): Figure[] {
  return [
    predictedMeasured(validation, 'predicted-measured'),
    residualsBySize(validation, 'by-size'),
    residualsBySource(validation, 'by-source'),
    residualsByStrategy(validation, 'by-strategy'),
  ].filter((figure) => figure !== undefined);
}
