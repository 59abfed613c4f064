import type { Profile } from '../../devices/profile.ts';
import type { Backend } from '../../executor/backend.ts';
import { type Kernel, stateless } from '../../executor/kernel.ts';
import { type Tensor, zeros } from '../../graph/tensor.ts';
import type { QuietTimes } from './quiet-times.ts';

/** Bytes of all three operands of the additions that are measured: from what a first cache holds to beyond the last. */
const SIZES = [15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26].map((power) => 3 * 2 ** (power - 1));

type Add = (a: Tensor, b: Tensor) => void;

function addition({ kernels, memory }: Backend): Add {
  const kernel = kernels.Add as Kernel<Record<never, never>>;
  const context = stateless('add', (dtype, shape) => memory.allocate(dtype, shape));
  return (a, b) => memory.release(kernel([a, b], {}, context)[0]!);
}

/** Bytes per second of additions of ever more bytes, each repeated. */
export function measureMemory(backend: Backend, quiet: QuietTimes): Profile['memory'] {
  const { memory } = backend;
  const add = addition(backend);
  return SIZES.map((bytes) => {
    const [a, b] = [0, 1].map(() => memory.adopt(zeros('float32', [bytes / 12]))) as [Tensor, Tensor];
    add(a, b);
    const { seconds } = quiet.samples({ samples: 9, mostSamples: 60, seconds: 0.08 }, () => add(a, b));
    for (const tensor of [a, b]) memory.release(tensor);
    return { bytes, bytesPerSecond: Math.round(bytes / seconds) };
  });
}

/** Bytes that are touched to empty the caches; a last cache that is larger keeps some of what was there. */
const FLUSHED = 48 * 2 ** 20;

/** Empties the caches of what was there, by touching other memory. */
export class Flush {
  private readonly add: Add;
  private readonly operands: readonly [Tensor, Tensor];

  constructor(backend: Backend) {
    this.add = addition(backend);
    const operand = (): Tensor => backend.memory.adopt(zeros('float32', [FLUSHED / 12]));
    this.operands = [operand(), operand()];
  }

  run(): void {
    this.add(...this.operands);
  }
}
