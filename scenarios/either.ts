import * as z from 'zod';
import { sentence } from './fields.ts';

/**
 * One of several schemas, picked by what the value looks like, so that messages are those of the one that was meant. A
 * union would try all and speak for none. Editors are shown `options`.
 */
export function either<T>(
  options: readonly z.ZodType<T>[],
  pick: (input: unknown) => z.ZodType<T>,
): z.ZodPipe<z.ZodUnknown, z.ZodTransform<T, unknown>> {
  const input = z.unknown();
  optionsOf.set(input, options);
  return input.transform((value, context): T => {
    const result = pick(value).safeParse(value, { error: sentence });
    if (result.success) return result.data;
    for (const issue of result.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

const optionsOf = new WeakMap<z.core.$ZodType, readonly z.ZodType[]>();

/** What a schema chooses among; undefined where it is no such choice. A described copy is the same choice. */
export function eitherOptions(schema: z.core.$ZodTypes): readonly z.ZodType[] | undefined {
  return schema instanceof z.ZodPipe ? optionsOf.get(schema.in as z.core.$ZodType) : undefined;
}
