import type { ClaimKind } from './kind.ts';

/** All kinds of claims, by name. */
export const CLAIM_KINDS: Readonly<Record<string, ClaimKind>> = {};
