import * as z from 'zod';
import { count, map, show } from './fields.ts';
import { sha256 } from './file-fields.ts';

/* A model of the user's own, from an ONNX or TensorFlow file, as scenarios name it. */

const LARGEST_EXTENT = 1_000_000_000;

const fields = {
  file: z
    .string()
    .min(1)
    .max(4096)
    .regex(/\.(onnx|pb|pbtxt|meta)$|[/\\]/, {
      error: ({ input }) =>
        `expected a file that ends in .onnx, .pb, .pbtxt or .meta, or the folder of a SavedModel (with a /), got ${show(input)}`,
    })
    .describe('An .onnx, .pb, .pbtxt or .meta file, or the folder of a SavedModel.'),
  file_sha256: sha256(),
  dims: z
    .record(z.string(), count(0, LARGEST_EXTENT))
    .optional()
    .describe('Extents of symbolic dimensions by their names, e.g. {batch: 8, sequence: 128}.'),
  shapes: z
    .record(z.string(), z.array(count(0, LARGEST_EXTENT)).max(16))
    .optional()
    .describe("Whole shapes of inputs by their names, instead of the file's."),
  allow_unknown: z
    .boolean()
    .optional()
    .describe('Count ops without an equivalent by their bytes, instead of refusing the model.'),
};

/** One run of the model. */
export const fileModelSchema = map(fields).describe('A model of your own: one run of it.');

/** The same in batches of several sizes. */
export const servedFileSchema = map({
  ...fields,
  batch_dim: z
    .string()
    .min(1)
    .max(200)
    .default('batch')
    .describe('The symbolic dimension of the file that is the size of a batch.'),
}).describe('A model of your own, as it answers requests.');

export type FileModelChoice = z.output<typeof fileModelSchema>;
export type ServedFileChoice = z.output<typeof servedFileSchema>;
