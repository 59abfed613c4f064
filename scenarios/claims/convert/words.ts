import type { DType } from '../../../base/dtype.ts';
import { findDevice } from '../../../devices/catalog/index.ts';
import { Refusal } from './refusal.ts';

/* Words for types of arithmetic, recomputation and software. */

export type Precision = 'float32' | 'tf32' | 'float16' | 'bfloat16' | 'float8';

/**
 * Type of parameters and arithmetic; "mixed" is float16 unless the words say bfloat16.
 *
 * @throws Refusal for types that no model is computed in.
 */
export function precisionNamed(words: string | undefined): Precision | undefined {
  if (words === undefined) return undefined;
  if (/int8|fp4|pseudo|sparsity|\basp\b/i.test(words))
    throw new Refusal(`arithmetic in ${JSON.stringify(words)}`);
  // Of several, the first is the rule and the others exceptions: "fp32 unless named fp16".
  const found = /(bf16|bfloat16)|(fp8|float8)|(fp16|float16|half)|(tf32)|(fp32|float32|single)/i.exec(words);
  const named = (['bfloat16', 'float8', 'float16', 'tf32', 'float32'] as const).find(
    (_, i) => found?.[i + 1] !== undefined,
  );
  return named ?? (/mixed|\bamp\b/i.test(words) ? 'float16' : undefined);
}

/** @throws Refusal where a device has no arithmetic of a type. */
export function checkArithmetic(device: string, precision: Precision): void {
  const { peak, multiplyType, name } = findDevice(device);
  // No tensor is stored in tf32: it is what some devices make of float32.
  const stored: DType | 'float8' = precision === 'tf32' ? 'float32' : precision;
  if (stored === 'float8') return;
  if (peak[multiplyType?.[stored]?.type ?? stored] === undefined)
    throw new Refusal(`the ${name} does not compute in ${precision}`);
}

export type Recompute = 'none' | 'selective' | 'full';

/** What of a block is computed again in the backward pass. */
export function recomputeNamed(value: unknown): Recompute | undefined {
  if (value === true) return 'full';
  if (value === false) return 'none';
  const text = String(value ?? '').toLowerCase();
  if (/selective/.test(text)) return 'selective';
  if (/no_recompute|^(none|no|off|false)\b|without/.test(text)) return 'none';
  if (/full|^(true|yes|on)\b/.test(text)) return 'full';
  return undefined;
}

/** Stacks of the catalog by the names of software; a refusal where none is like it. */
const STACKS: readonly (readonly [pattern: RegExp, stack: string | { readonly refused: string }])[] = [
  [/megascale/i, { refused: 'what it overlaps and leaves out is described by no field' }],
  [/megatron[ -]?deepspeed/i, 'megatron-deepspeed'],
  [/megatron/i, 'megatron'],
  [/deepspeed|fsdp|pytorch|\btorch(?!-7)\b.*cudnn|cudnn.*\btorch\b|^torch\b(?!-7)/i, 'pytorch'],
  [/\bxla\b|jax|tpu/i, 'xla'],
  [/\bngc\b|nvidia.*examples|_mxnet|_pytorch|mxnet|dali/i, 'nvidia-optimized'],
  [/tensorflow|\btf\b/i, 'tensorflow-1'],
  [
    /native|caffe|cudaconvnet|neon|nervana|fbfft|chainer|cudnn\[r2\]|torch-7/i,
    { refused: 'its kernels are not those of cuDNN' },
  ],
];

/** @throws Refusal for software whose kernels are of its own. */
export function stackNamed(words: string | undefined): string | undefined {
  const found = words === undefined ? undefined : STACKS.find(([pattern]) => pattern.test(words))?.[1];
  if (found === undefined || typeof found === 'string') return found;
  throw new Refusal(`${words}: ${found.refused}`);
}
