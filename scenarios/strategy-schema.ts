import * as z from 'zod';
import { capital } from '../base/text.ts';
import type { Option } from '../sim/strategies/options.ts';
import { STRATEGIES } from './catalog.ts';
import { count, kinds, map, quantity } from './fields.ts';

/* Strategies as scenario files name them: made from the options that each strategy declares. */

const KINDS = Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[];

function field(option: Option): z.ZodType {
  switch (option.kind) {
    case 'count': {
      const whole = count(option.least, option.most);
      if (option.optional) return whole.optional().describe(option.describe);
      return (option.value === undefined ? whole : whole.default(option.value)).describe(option.describe);
    }
    case 'choice':
      return z.enum(option.choices).default(option.value).describe(option.describe);
    case 'flag':
      return z.boolean().default(option.value).describe(option.describe);
    case 'bytes':
      return quantity('bytes', '1 B', '1 TB').default(option.value).describe(option.describe);
  }
}

const schemas = KINDS.map((kind) => {
  const { options, description } = STRATEGIES[kind];
  const fields = Object.entries(options).map(
    ([key, option]: [string, Option]) => [key, field(option)] as const,
  );
  const kindField: { kind: z.ZodLiteral<string> } = { kind: z.literal(kind) };
  return map({ ...kindField, ...Object.fromEntries(fields) }).describe(`${capital(description)}.`);
});

/** A strategy with its options, or its name alone where it needs none. */
export const strategySchema = z.preprocess(
  (input, context) => {
    if (Array.isArray(input)) {
      const message = 'expected one strategy, got a list; `compare` takes several';
      context.addIssue({ code: 'custom', message, input });
      return z.NEVER;
    }
    return typeof input === 'string' ? { kind: input } : input;
  },
  kinds('strategy', KINDS, schemas as [(typeof schemas)[number], ...typeof schemas]),
);

/** A strategy as chosen: defaults filled in, bytes as text. */
export type StrategyChoice = { readonly kind: keyof typeof STRATEGIES } & {
  readonly [option: string]: string | number | boolean;
};

/** What editors complete: zod cannot say what a preprocessed value may be. */
export function strategyJsonSchema(): object {
  const own = z.toJSONSchema(z.discriminatedUnion('kind', schemas as [(typeof schemas)[number]]), {
    io: 'input',
    target: 'draft-7',
  });
  const { $schema: _, ...schema } = own;
  return { anyOf: [{ type: 'string', enum: KINDS }, schema] };
}
