import * as z from 'zod';
import { sentence } from './fields.ts';

/**
 * One of several schemas, picked by what the value looks like, so that messages are those of the one that was meant. A
 * union would try all and speak for none. The options are what editors are shown.
 */
export function either<T>(options: readonly z.ZodType<T>[], pick: (input: unknown) => z.ZodType<T>) {
  const anyOf = options.map((option) => {
    const { $schema: _, ...json } = z.toJSONSchema(option, { io: 'input', target: 'draft-7' });
    return json;
  });
  return z
    .unknown()
    .meta({ anyOf })
    .transform((input, context): T => {
      const result = pick(input).safeParse(input, { error: sentence });
      if (result.success) return result.data;
      for (const issue of result.error.issues)
        context.issues.push({ ...issue, input } as z.core.$ZodRawIssue);
      return z.NEVER;
    });
}
