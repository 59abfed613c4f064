import type { Validation } from '../scenarios/validation.ts';
import { clientScript } from './client-script.ts';
import { renderValidation } from './validation.ts';

/** The report of a validation as `stepcast validate` writes it: one HTML file, offline; the same bytes for the same ledger. */
export function validationHtml(validation: Validation): string {
  return renderValidation(validation, clientScript());
}
