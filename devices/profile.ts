import * as z from 'zod';
import { DTYPE_BYTES, type DType } from '../base/dtype.ts';
import { UserError } from '../base/errors.ts';

/*
 * What was measured on one device: the format `stepcast-profile/1`, JSON. `stepcast calibrate` writes it of the machine that it
 * runs on, `devices/profile_torch.py` of a GPU. All numbers are in bytes, seconds and flops.
 */

export const PROFILE_FORMAT = 'stepcast-profile/1';

const text = z.string().min(1).max(500);
const seconds = z.number().nonnegative().finite();
const positive = z.number().positive().finite();
const extent = z.number().int().nonnegative();
const dtype = z.enum(Object.keys(DTYPE_BYTES) as [DType, ...DType[]]);
const tensor = z.strictObject({ dtype, shape: z.array(extent).max(16) });
const opClass = z.enum(['matmul', 'attention', 'conv3x3', 'conv', 'vector', 'data', 'none']);

const kernel = z.strictObject({
  /** The op's name in stepcast's graphs, e.g. `MatMul`. */
  op: text,
  class: opClass,
  dtype,
  inputs: z.array(tensor).max(4096),
  outputs: z.array(tensor).max(4096),
  flops: z.number().nonnegative().finite(),
  bytesRead: z.number().nonnegative().finite(),
  bytesWritten: z.number().nonnegative().finite(),
  /** The matrix product that it is or lowers to: `count` times [m × k] · [k × n]. */
  gemm: z.strictObject({ m: positive, n: positive, k: positive, count: positive.optional() }).optional(),
  /** What is worth knowing besides: strides, transposition, the library's algorithm. Nothing is computed from it. */
  note: text.optional(),
  /** Median of the runs. */
  seconds,
  /** Half of the runs lie within this distance of the median. */
  spreadSeconds: seconds.optional(),
  runs: z.number().int().positive().optional(),
});

/** A profile, as its file holds it. */
export const profileSchema = z.strictObject({
  format: z.literal(PROFILE_FORMAT),
  device: z.strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'expected a–z, 0–9, ".", "_" and "-"'),
    name: text,
    kind: z.enum(['CPU', 'GPU', 'TPU', 'ASIC']),
    cores: z.number().int().positive().optional(),
    memoryBytes: positive.optional(),
    /** Programs and versions that computed. */
    software: z.array(text).max(50),
  }),
  /** Threads that share the work of one op; 1 unless given. */
  threads: z.number().int().positive().optional(),
  /** Of a product of 192 × 192 matrices while nothing else ran: how fast the machine was, for later comparisons. */
  referenceSeconds: positive.optional(),
  dispatch: z.strictObject({
    /** Of one node of a graph, beside its kernel; of a GPU: of the host to issue a kernel. */
    nodeSeconds: seconds,
    /** Of a step, beside its nodes. */
    stepSeconds: seconds,
  }),
  /** Read and written per second by an addition, by the bytes of all operands: ascending; shows the caches. */
  memory: z.array(z.strictObject({ bytes: positive, bytesPerSecond: positive })).max(100),
  /**
   * Per op, and per class for ops that are not named: what each byte takes longer that was not in a cache. Absent where times of kernels are
   * of operands in device memory, as on GPUs.
   */
  missSecondsPerByte: z.record(text, seconds).optional(),
  /** Tensors between two devices of this kind (threads of one process; GPUs of one host). */
  exchange: z
    .strictObject({
      latencySeconds: seconds,
      bytesPerSecond: positive,
      /** Of a step that two devices take part in, beside its nodes. */
      stepSeconds: seconds.optional(),
    })
    .optional(),
  /** Between the host's memory and the device's. */
  host: z.strictObject({ toDeviceBytesPerSecond: positive, fromDeviceBytesPerSecond: positive }).optional(),
  kernels: z.array(kernel).min(1).max(100_000),
});

export type Profile = z.output<typeof profileSchema>;
export type ProfiledKernel = Profile['kernels'][number];

/**
 * A profile from the text of its file.
 *
 * @throws UserError naming `path`, the key and what was expected.
 */
export function parseProfile(json: string, path: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UserError(`${path}: is no JSON: ${(error as Error).message}`);
  }
  const result = profileSchema.safeParse(value);
  if (result.success) return result.data;
  const { path: keys, message } = result.error.issues[0]!;
  const at = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  throw new UserError(`${path}: ${at === '' ? '' : `${at.replace(/^\./, '')}: `}${message}`);
}

/** The text of a profile's file: a line per kernel, so that it can be read and compared. */
export function formatProfile({ kernels, ...rest }: Profile): string {
  const head = JSON.stringify(rest, undefined, 2).replace(/\n}$/, '');
  const lines = kernels.map((entry) => `    ${JSON.stringify(entry)}`);
  return `${head},\n  "kernels": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
