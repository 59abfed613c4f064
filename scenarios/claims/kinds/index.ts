import { collective } from './collective.ts';
import { dataParallel } from './data-parallel.ts';
import { gpt } from './gpt.ts';
import { inference } from './inference.ts';
import type { ClaimKind } from './kind.ts';
import { parameterServer } from './parameter-server.ts';
import { singleDevice } from './single-device.ts';

/** All kinds of claims, by name. What each is given are fields that its own schema has checked. */
export const CLAIM_KINDS = Object.fromEntries(
  [gpt, singleDevice, dataParallel, parameterServer, collective, inference].map((kind) => [kind.name, kind]),
) as unknown as Readonly<Record<string, ClaimKind>>;
