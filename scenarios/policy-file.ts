import * as z from 'zod';
import { UserError } from '../base/errors.ts';
import { TRAINING_FAMILIES } from '../placement/learned-list/families.ts';
import { FEATURES, HIDDEN, type PolicyWeights } from '../placement/learned-list/policy.ts';
import { PRETRAIN_DEFAULTS, pretrain } from '../placement/learned-list/pretrain.ts';
import { readWeights, storedWeights } from '../placement/learned-list/shipped.ts';
import { policySession } from './policy-session.ts';
import { calledInMessages, readText } from './read-text.ts';
import { version } from './version.ts';

/* Policies of the learned list scheduler in files: what `stepcast pretrain` writes, and what comes with the package. */

const FILE = { name: 'a policy', format: 'JSON in UTF-8', mostBytes: 2 ** 20, ending: /\.json$/ };

const numbers = z.array(z.number());
const schema = z.object({
  provenance: z.object({ features: z.array(z.string()).optional() }).optional(),
  weights: z.object({ w1: numbers, b1: numbers, w2: numbers }),
});

/** @throws UserError where the file holds no policy of this program's. */
export function readPolicy(path: string): PolicyWeights {
  const called = calledInMessages(path);
  try {
    const { provenance, weights } = schema.parse(JSON.parse(readText(path, FILE)));
    if (provenance?.features !== undefined && provenance.features.join() !== FEATURES.join())
      throw new RangeError('it knows tasks by other features than this version; pretrain again');
    return readWeights(weights);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why =
      error instanceof z.ZodError
        ? 'it lacks weights, or they are no numbers'
        : (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${called}: not a policy that \`stepcast pretrain\` wrote: ${why}`);
  }
}

export interface PretrainingOptions {
  readonly seed?: number;
  /** Graphs to learn on, one after the other. */
  readonly problems?: number;
  readonly onProgress?: (done: number, total: number, detail: string) => void;
}

/** The text of a policy file, learned from the training families. Equal options give equal text. */
export function pretrainedPolicy({ seed, problems, onProgress = () => {} }: PretrainingOptions = {}): string {
  const options = {
    ...PRETRAIN_DEFAULTS,
    ...(seed !== undefined && { seed }),
    ...(problems !== undefined && { problems }),
  };
  const families = Object.entries(TRAINING_FAMILIES);
  const { weights, episodes, validation } = pretrain(families, policySession, options, (done, value) =>
    onProgress(
      done,
      options.problems,
      `step times ${(100 * Math.expm1(value)).toFixed(1)} % against the start`,
    ),
  );
  const file = {
    provenance: {
      program: `stepcast ${version}`,
      command: `stepcast pretrain --seed ${options.seed} --problems ${options.problems}`,
      families: families.map(([name]) => name),
      episodes,
      features: FEATURES,
      hidden: HIDDEN,
      settings: options,
      validation,
    },
    weights: storedWeights(weights),
  };
  return `${JSON.stringify(file, undefined, 1)}\n`;
}
