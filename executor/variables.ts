import type { Tensor } from '../graph/tensor.ts';

/** Values of all variables at one moment. */
export type VariableSnapshot = ReadonlyMap<string, Tensor>;

interface Held {
  readonly value: Tensor;
  /** Called when the value is replaced: its storage may be used for something else then. */
  readonly replaced: (() => void) | undefined;
}

/** The values of variables by name. An update replaces the tensor; readers of the old one in a step keep it. */
export class VariableStore {
  private readonly values = new Map<string, Held>();

  /** The value now; valid until the variable is written again. A snapshot's values last. */
  readVariable(name: string): Tensor | undefined {
    return this.values.get(name)?.value;
  }

  /** Sets the value; `replaced` is called when another takes its place. */
  writeVariable(name: string, value: Tensor, replaced?: () => void): void {
    const before = this.values.get(name);
    this.values.set(name, { value, replaced });
    before?.replaced?.();
  }

  /** Names of the variables that have a value, in the order of their first use. */
  names(): string[] {
    return [...this.values.keys()];
  }

  /** Copies what would be used for something else; shares what stays as it is. */
  snapshot(): VariableSnapshot {
    const copies = new Map<string, Tensor>();
    for (const [name, { value, replaced }] of this.values) {
      copies.set(name, replaced === undefined ? value : { spec: value.spec, data: value.data.slice() });
    }
    return copies;
  }

  /** Makes the values those of the snapshot; variables that it does not hold become uninitialised. */
  restore(snapshot: VariableSnapshot): void {
    const before = [...this.values.values()];
    this.values.clear();
    for (const [name, value] of snapshot) this.values.set(name, { value, replaced: undefined });
    for (const { replaced } of before) replaced?.();
  }
}
