import { kernelSeconds } from '../../../../devices/kernels/index.ts';
import { blockKey, type MeasuredBlocks, type StackModel } from '../../../../devices/stack.ts';
import type { Block, MeshBlocks, StageBlocks } from '../../../../sim/strategies/mesh-blocks.ts';
import type { GptFields } from '../gpt.ts';
import type { MeshNetwork } from './network.ts';
import type { Part } from './step.ts';

/**
 * What the stack's measured blocks say, interpolated between numbers of words: seconds grow with a power of them. Embedding and
 * loss, which were measured together, are shared by their kernels.
 */
export function measuredSeconds(
  parts: readonly Part[],
  fields: GptFields,
  { first, middle, last }: MeshBlocks,
  { device }: MeshNetwork,
  { measuredBlocks }: StackModel,
): number | undefined {
  if (measuredBlocks === undefined || !measuredBlocks.devices.includes(device.id)) return undefined;
  if (fields.recompute !== 'full' || fields.precision === 'float32' || fields.attention !== 'plain')
    return undefined;
  const block = interpolated('block', fields, measuredBlocks);
  const ends = interpolated('ends', fields, measuredBlocks);
  if (block === undefined || ends === undefined) return undefined;
  const beyondBlock = (stage: StageBlocks): number =>
    kernelTime(stage.forward, device) +
    kernelTime(stage.backward, device) -
    kernelTime(middle.forward, device) -
    kernelTime(middle.backward, device);
  const all = beyondBlock(first) + beyondBlock(last);
  return parts.reduce(
    (sum, { times, stage }) =>
      sum + times * (block + (stage === middle ? 0 : (ends * beyondBlock(stage)) / all)),
    0,
  );
}

function kernelTime({ kernels }: Block, device: MeshNetwork['device']): number {
  return kernels.reduce((sum, work) => sum + kernelSeconds(work, device), 0);
}

function interpolated(
  part: 'block' | 'ends',
  fields: GptFields,
  { seconds: known }: MeasuredBlocks,
): number | undefined {
  const at = (micro_batch: number): number | undefined => known[blockKey(part, { ...fields, micro_batch })];
  const exact = at(fields.micro_batch);
  if (exact !== undefined) return exact;
  const below = 2 ** Math.floor(Math.log2(fields.micro_batch));
  const [less, more] = [at(below), at(2 * below)];
  if (less === undefined || more === undefined) return undefined;
  return less * (more / less) ** Math.log2(fields.micro_batch / below);
}
