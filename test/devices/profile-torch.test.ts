import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ProfiledKernel, profileSchema } from '../../devices/profile.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { OPS } from '../../graph/ops/index.ts';
import { placeholder } from '../../graph/ops/state.ts';

const SCRIPT = fileURLToPath(new URL('../../devices/profile_torch.py', import.meta.url));
const PYTHON = 'python3';
const hasPython = spawnSync(PYTHON, ['--version']).status === 0;

function dryRun(...args: string[]): Omit<ProfiledKernel, 'seconds'>[] {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-B', SCRIPT, '--dry-run', ...args], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProfiledKernel);
}

/** Attributes that a kernel of the list was run with, where it needs any. */
function attrsOf({ op, inputs, outputs, note = '' }: Omit<ProfiledKernel, 'seconds'>): object {
  const [, stride, pad] = (/stride (\d+), padding (\d+)/.exec(note) ?? []).map(Number);
  const window = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
  switch (op) {
    case 'Conv':
      return window;
    case 'ConvInputGrad':
    case 'ConvFilterGrad':
      return { ...window, shape: outputs[0]!.shape };
    case 'ReduceSum':
      return { axes: [0], keepdims: false };
    case 'ApplyGradientDescent':
      return { learningRate: 1 };
    case 'ApplyMomentum':
      return { learningRate: 1, momentum: 0.9 };
    case 'ApplyAdam':
      return { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    case 'Transpose':
      return { perm: inputs[0]!.shape.map((_, axis, all) => all.length - 1 - axis) };
    default:
      return {};
  }
}

/** Ops that a graph has no kernel for, or that take attributes beyond the list. */
const NOT_COMPARED = ['Identity', 'Attention'];

describe.skipIf(!hasPython)('profile_torch.py (skipped where there is no python3)', () => {
  it('lists, without PyTorch, kernels in the format of profiles', () => {
    const kernels = dryRun().map((kernel) => ({ ...kernel, seconds: 1 }));
    expect(kernels.length).toBeGreaterThan(300);
    const { success, error } = profileSchema.safeParse({
      format: 'stepcast-profile/1',
      device: { id: 'x', name: 'x', kind: 'GPU', software: [] },
      dispatch: { nodeSeconds: 0, stepSeconds: 0 },
      memory: [],
      kernels,
    });
    expect(error?.issues).toBeUndefined();
    expect(success).toBe(true);
    expect(new Set(kernels.map(({ dtype }) => dtype))).toEqual(new Set(['float32', 'float16', 'bfloat16']));
    expect(dryRun('--quick').length).toBeLessThan(kernels.length / 2);
  });

  it('counts flops, bytes and products as graphs do', () => {
    for (const kernel of dryRun('--dtypes', 'float32')) {
      if (NOT_COMPARED.includes(kernel.op)) continue;
      const builder = new GraphBuilder();
      const inputs = kernel.inputs.map((spec) => builder.add(placeholder, [], spec));
      const row = OPS[kernel.op as keyof typeof OPS];
      builder.node(row as never, inputs, attrsOf(kernel) as never);
      const { flops, bytesRead, bytesWritten, gemm, class: opClass } = graphWork(builder.finish()).at(-1)!;
      const counted = {
        op: kernel.op,
        class: opClass,
        flops,
        bytesRead,
        bytesWritten,
        ...(gemm && { gemm }),
      };
      const { class: listed, gemm: product } = kernel;
      expect({
        op: kernel.op,
        class: listed,
        flops: kernel.flops,
        bytesRead: kernel.bytesRead,
        bytesWritten: kernel.bytesWritten,
        ...(product && { gemm: product }),
      }).toEqual(counted);
    }
  });
});
