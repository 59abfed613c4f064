import * as z from 'zod';
import { UserError } from '../../../base/errors.ts';
import { sentence } from '../../fields.ts';
import { calledInMessages, readText } from '../../read-text.ts';
import { at, find, parseYaml, plainValue, report } from '../../yaml-text.ts';
import { CLAIM_FILE } from '../load.ts';

/*
 * Files of the schema `claims/v1`: measurements as people wrote them down, with hardware and workload in words. Keys beyond
 * those named here refine a point, and differ from source to source.
 */

const words = z.union([z.string(), z.number()]).transform(String);
const facts = z.record(z.string(), z.unknown());

/** A system, told apart by `id`; the rest is words. Numbers and lists are kept as they are. */
const hardware = z.looseObject({ id: words.optional(), device: words.optional() });

const point = z.looseObject({
  value: z.union([z.number(), z.string(), z.null()]),
  unit: words.nullish(),
  metric: words.nullish(),
});

const claim = z.looseObject({
  id: words,
  what: words.default(''),
  hardware: z
    .union([words, facts])
    .nullish()
    .transform((value) => value ?? ''),
  workload: z
    .union([facts, words])
    .nullish()
    .transform((value) => (typeof value === 'string' ? { model: value } : (value ?? {}))),
  strategy: z
    .union([facts, words])
    .nullish()
    .transform((value) => value ?? ''),
  provenance: z.looseObject({ kind: z.enum(['seen', 'recalled']) }),
  points: z.array(point).default([]),
});

export const sourceSchema = z.looseObject({
  schema: z.literal('claims/v1'),
  id: words,
  source: facts,
  retrieved: z.union([facts, words]).optional(),
  hardware: z
    .array(z.union([hardware, words]))
    .default([])
    .transform((entries) =>
      entries.map(
        (entry): z.output<typeof hardware> =>
          typeof entry === 'string' ? { id: entry, device: entry } : entry,
      ),
    ),
  models: z.array(facts).default([]),
  caveats: z.array(words).default([]),
  claims: z.array(claim).default([]),
});

export type SourceFile = z.output<typeof sourceSchema>;
export type SourceClaim = SourceFile['claims'][number];
export type SourceHardware = SourceFile['hardware'][number];

/** Reads one file of the schema `claims/v1`. @throws UserError naming file, line and key. */
export function readSource(path: string): SourceFile {
  return parseSource(readText(path, CLAIM_FILE), calledInMessages(path));
}

/** The same for text already read; `file` is what messages call it. */
export function parseSource(source: string, file: string): SourceFile {
  const text = parseYaml(source, file, CLAIM_FILE.name);
  const read = sourceSchema.safeParse(plainValue(text, CLAIM_FILE.name), { error: sentence });
  if (read.success) return read.data;
  throw new UserError(
    report(read.error, file, (path, isKey) => {
      const { offset } = find(text, path, isKey);
      return { text: at(offset, text), offset };
    }),
  );
}
