import type { NodeHandle } from './builder.ts';

/**
 * Per node of a forward graph: the attention that it is the core of, counted from 0, or −1: the product of queries and keys,
 * what is done to the scores, their softmax, and its product with the values. It makes most of what a Transformer's block
 * keeps and is cheap to compute anew ("selective" recomputation: Korthikanti et al., "Reducing activation recomputation in
 * large Transformer models", 2022, section 5).
 */
export function attentionCores(nodes: readonly NodeHandle[]): Int32Array {
  const core = new Int32Array(nodes.length).fill(-1);
  let count = 0;
  for (const seen of nodes) {
    if (!isProductOfMatrices(seen)) continue;
    const [used] = seen.inputs;
    const weights = used!.node.op.name === 'Dropout' ? used!.node.inputs[0]!.node : used!.node;
    if (weights.op.name !== 'Softmax') continue;
    let scores = weights.inputs[0]!.node;
    while (ELEMENTWISE.has(scores.op.name)) scores = scores.inputs[0]!.node;
    if (!isProductOfMatrices(scores)) continue;
    for (let node = used!.node; node !== scores; node = node.inputs[0]!.node) core[node.id] = count;
    core[scores.id] = count;
    core[seen.id] = count++;
  }
  return core;
}

/** What is done to scores, which are the first input. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Dropout']);

/** Whether a node multiplies one matrix per sample and head, of which there are several. */
function isProductOfMatrices({ op, outputs }: NodeHandle): boolean {
  return op.name === 'MatMul' && outputs[0]!.spec.shape.length > 2;
}
