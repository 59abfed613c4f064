import { fileURLToPath } from 'node:url';

/*
 * Fits run from a checkout: tools/fit.mjs bundles them to out/fit.mjs, or a test imports them where they are. Both are told apart by
 * the folder that they find themselves in.
 */
const root = import.meta.url.includes('/out/') ? '../' : '../../../';

/** The folder of committed component measurements. */
export const DATA = fileURLToPath(new URL(`${root}scenarios/claims/data`, import.meta.url));

/** The folder of the ledger's files. */
export const LEDGER = fileURLToPath(new URL(`${root}scenarios/claims`, import.meta.url));

/** The folder that fits are written to. */
export const FITS_FOLDER = fileURLToPath(new URL(`${root}devices/catalog/fits`, import.meta.url));
