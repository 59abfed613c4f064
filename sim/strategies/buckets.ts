import type { ParameterGradient } from '../../graph/optimizers/optimizer.ts';
import { byteCount } from '../../graph/tensor-spec.ts';

/** PyTorch's `bucket_cap_mb`, whose megabytes are 1024² bytes. */
export const BUCKET_BYTES = '25 MiB';

/**
 * Most bytes of the first bucket: it is small, so that the first exchange starts early (PyTorch's
 * kDefaultFirstBucketBytes, torch/csrc/distributed/c10d/reducer.hpp).
 */
const FIRST_BUCKET_BYTES = 2 ** 20;

/**
 * Gradients in the order in which backward makes them, in buckets that are exchanged as one: a bucket is closed by the
 * gradient with which it has `bucketBytes` or more, the first by that with which it has 1 MiB (PyTorch's
 * DistributedDataParallel; Li et al., "PyTorch Distributed", VLDB 2020, sections 3.2.2 and 3.2.3;
 * compute_bucket_assignment_by_size in reducer.cpp). Gradients for which `apart` holds have buckets of their own.
 */
export function gradientBuckets(
  gradients: readonly ParameterGradient[],
  bucketBytes: number,
  apart: (gradient: ParameterGradient) => boolean = () => false,
): ParameterGradient[][] {
  const buckets: ParameterGradient[][] = [];
  let open: ParameterGradient[] = [];
  let bytes = 0;
  const close = (): void => {
    if (open.length > 0) buckets.push(open);
    open = [];
    bytes = 0;
  };
  for (const one of inOrderOfBackward(gradients)) {
    if (apart(one)) close();
    open.push(one);
    bytes += byteCount(one.gradient.spec);
    const most = buckets.length === 0 ? Math.min(FIRST_BUCKET_BYTES, bucketBytes) : bucketBytes;
    if (bytes >= most || apart(one)) close();
  }
  close();
  return buckets;
}

/** Nodes are numbered as backward adds them. */
function inOrderOfBackward(gradients: readonly ParameterGradient[]): ParameterGradient[] {
  return gradients.toSorted((a, b) => a.gradient.node.id - b.gradient.node.id);
}
