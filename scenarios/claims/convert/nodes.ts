import { findDevice, findNode, nodeIds } from '../../../devices/catalog/index.ts';
import type { NodeModel } from '../../../devices/node.ts';

/* Whole machines of the catalog, as people call them, or as they are made. */

/** Names of machines; `$1` is what a group of the pattern found, in lower case. Of several, the one with the device that is named is meant. */
const NAMES: readonly (readonly [pattern: RegExp, ...ids: readonly string[]])[] = [
  [/\bdgx[- ]?2h\b/i, 'dgx-2h'],
  [/\bdgx[- ]?2\b/i, 'dgx-2', 'dgx-2h'],
  [/\bdgx[- ]?1\b/i, 'dgx-1', 'dgx-1-32gb', 'dgx-1-p100'],
  [/\bdgx[- ]?(a100)\b/i, 'dgx-a100-80gb', 'dgx-a100'],
  [/\bdgx[- ]?(h100|h200|b200)\b/i, 'dgx-$1'],
  [/\bnvl72\b/i, 'gb200-nvl72'],
  [/\b([pcg]\d\w*)[.-](\w*xlarge)\b/i, 'aws-$1-$2'],
  [/\bp6-b200\b/i, 'aws-p6-b200-48xlarge'],
  [/\bn1-standard-32-k80x8\b/i, 'gcp-n1-k80-8'],
  [/\b(a[23]-\w+gpu-\dg)\b/i, 'gcp-$1'],
  [/\bnc24s? ?v3\b/i, 'azure-nc24s-v3'],
];

const LONGEST = 400;

/** The machine that words name. `device`: the accelerator that they name besides, or the CPU; any if absent. */
export function nodeNamed(words: string, device?: string): NodeModel | undefined {
  const text = words.slice(0, LONGEST);
  for (const [pattern, ...names] of NAMES) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const ids = names.map((name) =>
      name.replaceAll(/\$(\d)/g, (_, group) => found[Number(group)] ?? '').toLowerCase(),
    );
    const nodes = ids.filter((id) => nodeIds.includes(id)).map((id) => findNode(id));
    const node =
      nodes.find((one) => device === undefined || deviceOf(one) === device) ??
      // Of one chip under two clocks, the machine says which.
      nodes.find((one) => familyOf(deviceOf(one)) === familyOf(device!));
    if (node !== undefined) return node;
  }
  return undefined;
}

const familyOf = (device: string): string => device.split('-')[0]!;

/** What a machine computes on. */
export const deviceOf = ({ accelerators, cpu }: NodeModel): string => accelerators?.model ?? cpu;

/** Machines of one place, or of one benchmark, stand for no others. */
const IS_PARTICULAR = /^(aws|azure|gcp|deepbench|frontier)/;

/** A machine with as many accelerators of the kind: how they are joined inside is nearly always the same. */
export function nodeMadeOf(device: string, accelerators: number): NodeModel | undefined {
  return nodeIds
    .filter((id) => !IS_PARTICULAR.test(id))
    .map((id) => findNode(id))
    .find(
      ({ accelerators: inside }) =>
        // Hosts of TPUs are alike, however many chips a source counts as one.
        inside?.model === device && (inside.count === accelerators || findDevice(device).kind === 'TPU'),
    );
}
