import { catalogWith } from '../../devices/catalog/catalog.ts';
import { CLAIM_KINDS } from './kinds/index.ts';
import type { Predictor } from './predict-point.ts';

/** What the ledger is predicted by. */
export const LEDGER_PREDICTOR: Predictor = { kinds: CLAIM_KINDS, catalogWith };
