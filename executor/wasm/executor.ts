import type { Backend } from '../backend.ts';
import type { Kernel, Kernels } from '../kernel.ts';
import { KERNELS } from '../kernels/index.ts';
import { PlainMemory } from '../memory.ts';
import { WasmHeap } from './heap.ts';
import { WASM_KERNELS } from './kernels/index.ts';
import { type WasmKernel, withFallback } from './kernels/run.ts';
import { instantiate, kernelModule, MOST_PAGES } from './module.ts';
import { Threads } from './threads.ts';

/** Pages of 64 KiB that a memory begins with. */
const FIRST_PAGES = 64;

/** WebAssembly kernels over one shared memory, with the threads that share their rows. To be closed when done. */
export interface WasmExecutor extends Backend {
  /** Whether WebAssembly runs them. Where it cannot, memory and kernels are the plain ones. */
  readonly native: boolean;
  /** Waits until all threads have started; until then one does everything, with the same bits. */
  start(): void;
  /** Ends the threads. Tensors stay readable. */
  close(): void;
}

/** How many threads compute, and from which size of job on. */
export interface WasmExecutorOptions {
  /** Threads that share the rows of large results; 1 where not given. */
  readonly threads?: number;
  /** Multiply-adds (or the like) below which one thread does a job alone; default: what takes some tens of µs. */
  readonly leastShared?: number;
}

/**
 * Kernels in WebAssembly over one memory of their own, on `threads` threads (this one among them). The bits of their
 * results depend neither on the machine nor on the number of threads.
 *
 *     const executor = wasmExecutor({ threads: 2 });
 *     const session = new Session(graph, { backend: executor });
 */
export function wasmExecutor({ threads = 1, leastShared }: WasmExecutorOptions = {}): WasmExecutor {
  const memory = sharedMemory();
  if (memory === undefined) {
    return {
      memory: new PlainMemory(),
      kernels: {},
      fuses: false,
      native: false,
      start: () => {},
      close: () => {},
    };
  }
  // Address 0 stays unused: an address that was forgotten reads as nothing.
  const heap = new WasmHeap(memory, 1024);
  const module = kernelModule();
  const count = Math.max(1, Math.floor(threads));
  const exports = instantiate(module, memory);
  const pool = new Threads(module, exports, heap, count, leastShared);
  const machine = { heap, threads: pool, exports: exports as unknown as WebAssembly.Exports };
  const kernels: Record<string, Kernel<never>> = {};
  for (const [op, kernel] of Object.entries(WASM_KERNELS)) {
    const plain = (KERNELS as Kernels)[op];
    if (plain !== undefined) kernels[op] = withFallback(machine, kernel as WasmKernel<never>, plain);
  }
  return {
    memory: heap,
    kernels,
    fuses: true,
    native: true,
    start: () => pool.start(),
    close: () => pool.close(),
  };
}

/** A memory for tensors, or undefined where this engine has no SIMD, no shared memory, or no address space left. */
function sharedMemory(): WebAssembly.Memory | undefined {
  try {
    kernelModule();
    return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
  } catch (error) {
    if (error instanceof RangeError || error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}
