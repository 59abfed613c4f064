import type { RandomStream } from '../../base/random.ts';
import { type Layer, TrainingTasks } from './training-tasks.ts';

/** Forward ops with their flops and bytes, whose training steps run on some cluster. */
export type Network = TrainingTasks;

const FLOAT = 4;

/** A product of [rows × inner] and [inner × columns] with weights. */
function product(
  name: string,
  [rows, inner, columns]: readonly [number, number, number],
  inputs: readonly number[],
  weights?: number,
): Layer {
  return {
    name,
    op: 'MatMul',
    flops: 2 * rows * inner * columns,
    bytes: FLOAT * rows * columns,
    inputs,
    ...(weights === undefined ? { weightBytes: FLOAT * inner * columns } : { weights }),
  };
}

function pointwise(name: string, op: string, elements: number, inputs: readonly number[]): Layer {
  return { name, op, flops: 5 * elements, bytes: FLOAT * elements, inputs };
}

export interface RecurrentShape {
  readonly layers: number;
  readonly steps: number;
  readonly hidden: number;
  readonly batch: number;
  readonly vocabulary: number;
  /** Whether a layer's weights are one tensor that crosses to each device, or lie divided among its steps. */
  readonly shared: boolean;
}

/** Two ops per cell of an LSTM: its product (with the weights' share of a step) and its gates. */
function cell(
  net: TrainingTasks,
  { steps, hidden, batch }: RecurrentShape,
  name: string,
  inputs: readonly number[],
  weights: number | undefined,
): number {
  const whole = product(`${name}/MatMul`, [batch, 2 * hidden, 4 * hidden], inputs, weights);
  const share =
    whole.weightBytes === undefined ? whole : { ...whole, weightBytes: whole.weightBytes / steps };
  return net.forward(pointwise(`${name}/Gates`, 'Gates', batch * hidden, [net.forward(share)]));
}

function lstmStack(
  net: TrainingTasks,
  shape: RecurrentShape,
  name: string,
  inputAt: (step: number) => readonly number[],
): number[] {
  const { layers, steps, hidden, shared } = shape;
  const weights = Array.from({ length: layers }, () =>
    shared ? net.weights(FLOAT * 8 * hidden * hidden) : undefined,
  );
  const state: number[] = [];
  const top: number[] = [];
  for (let t = 0; t < steps; t++) {
    let below = inputAt(t);
    for (let l = 0; l < layers; l++) {
      const before = state[l] === undefined ? [] : [state[l]!];
      state[l] = cell(net, shape, `${name}/layer${l}/step${t}`, [...below, ...before], weights[l]);
      below = [state[l]!];
    }
    top.push(below[0]!);
  }
  return top;
}

function embedding(
  net: TrainingTasks,
  { batch, hidden, vocabulary, steps }: RecurrentShape,
  name: string,
): number {
  const weightBytes = (FLOAT * vocabulary * hidden) / steps;
  return net.forward({ ...pointwise(name, 'Gather', batch * hidden, []), weightBytes });
}

function classifier(net: TrainingTasks, shape: RecurrentShape, name: string, input: number): void {
  const { batch, hidden, vocabulary, steps } = shape;
  const logits = product(`${name}/logits`, [batch, hidden, vocabulary], [input]);
  const at = net.forward({ ...logits, weightBytes: logits.weightBytes! / steps });
  net.forward({ ...pointwise(`${name}/loss`, 'Loss', batch * vocabulary, [at]), bytes: FLOAT * batch });
}

/** A recurrent language model (RNNLM), unrolled. */
export function recurrent(shape: RecurrentShape): Network {
  const net = new TrainingTasks();
  const top = lstmStack(net, shape, 'lstm', (t) => [embedding(net, shape, `embedding/step${t}`)]);
  for (const [t, state] of top.entries()) classifier(net, shape, `softmax/step${t}`, state);
  return net;
}

/** Translation (NMT): encoder and decoder of recurrent layers, attention to all encoder states per decoder step. */
export function translation(shape: RecurrentShape): Network {
  const net = new TrainingTasks();
  const { batch, hidden, steps } = shape;
  const encoded = lstmStack(net, shape, 'encoder', (t) => [embedding(net, shape, `source/step${t}`)]);
  const memory = net.forward(pointwise('encoder/memory', 'Concat', batch * hidden * steps, encoded));
  const decoded = lstmStack(net, shape, 'decoder', (t) => [embedding(net, shape, `target/step${t}`)]);
  for (const [t, state] of decoded.entries()) {
    const flops = 4 * batch * hidden * steps;
    const context = pointwise(`attention/step${t}`, 'Attention', batch * hidden, [memory, state]);
    classifier(net, shape, `softmax/step${t}`, net.forward({ ...context, flops }));
  }
  return net;
}

export interface AttentionShape {
  readonly layers: number;
  readonly hidden: number;
  readonly sequence: number;
  readonly batch: number;
  /** Parts in which attention is computed on their own. */
  readonly heads: number;
}

/** A transformer's encoder at the granularity of ops. */
export function attention({ layers, hidden, sequence, batch, heads }: AttentionShape): Network {
  const net = new TrainingTasks();
  const rows = batch * sequence;
  const all = rows * hidden;
  let x = net.forward({ ...pointwise('embedding', 'Gather', all, []), weightBytes: FLOAT * 20000 * hidden });
  for (let l = 0; l < layers; l++) {
    const add = (layer: Layer): number => net.forward({ ...layer, name: `layer${l}/${layer.name}` });
    const norm = add(pointwise('norm1', 'LayerNorm', all, [x]));
    const parts: number[] = [];
    for (let h = 0; h < heads; h++) {
      const wide = hidden / heads;
      const [q, k, v] = ['query', 'key', 'value'].map((name) =>
        add(product(`head${h}/${name}`, [rows, hidden, wide], [norm])),
      ) as [number, number, number];
      const scores = product(`head${h}/scores`, [rows, wide, sequence], [q, k]);
      const s = add({ ...scores, weightBytes: 0, op: 'BatchMatMul' });
      const p = add(pointwise(`head${h}/softmax`, 'Softmax', rows * sequence, [s]));
      const context = product(`head${h}/context`, [rows, sequence, wide], [p, v]);
      parts.push(add({ ...context, weightBytes: 0, op: 'BatchMatMul' }));
    }
    const joined = add(product('output', [rows, hidden, hidden], parts));
    const middle = add(pointwise('add1', 'Add', all, [x, joined]));
    const norm2 = add(pointwise('norm2', 'LayerNorm', all, [middle]));
    const up = add(product('up', [rows, hidden, 4 * hidden], [norm2]));
    const gelu = add(pointwise('gelu', 'Gelu', 4 * all, [up]));
    const down = add(product('down', [rows, 4 * hidden, hidden], [gelu]));
    x = add(pointwise('add2', 'Add', all, [middle, down]));
  }
  net.forward({ ...pointwise('loss', 'Loss', all, [x]), bytes: FLOAT * rows });
  return net;
}

/** Cells of convolutions in four branches that are joined (Inception). */
export function branches({ cells, batch }: { readonly cells: number; readonly batch: number }): Network {
  const net = new TrainingTasks();
  const convolution = (
    name: string,
    size: number,
    from: number,
    to: number,
    kernel: number,
    input: number,
  ) => {
    const elements = batch * size * size * to;
    const at = net.forward({
      name: `${name}/Conv`,
      op: 'Conv',
      flops: 2 * elements * from * kernel,
      bytes: FLOAT * elements,
      weightBytes: FLOAT * from * to * kernel,
      inputs: [input],
    });
    return net.forward(pointwise(`${name}/Relu`, 'Relu', elements, [at]));
  };
  let size = 35;
  let depth = 192;
  let x = net.forward(pointwise('images', 'Stem', batch * size * size * depth, []));
  for (let c = 0; c < cells; c++) {
    const part = 64 * (1 + Math.floor(c / 3));
    const conv = (name: string, from: number, to: number, kernel: number, input: number): number =>
      convolution(`cell${c}/${name}`, size, from, to, kernel, input);
    const one = conv('one', depth, part, 1, x);
    const three = conv('three/b', part, part, 9, conv('three/a', depth, part, 1, x));
    const twice = conv(
      'twice/c',
      part,
      part,
      9,
      conv('twice/b', part, part, 9, conv('twice/a', depth, part, 1, x)),
    );
    const pooled = net.forward(pointwise(`cell${c}/pool`, 'Pool', batch * size * size * depth, [x]));
    const last = conv('pool', depth, part, 1, pooled);
    depth = 4 * part;
    x = net.forward(
      pointwise(`cell${c}/concat`, 'Concat', batch * size * size * depth, [one, three, twice, last]),
    );
    if (c % 3 === 2 && size > 8) {
      size = Math.floor(size / 2);
      x = net.forward(pointwise(`cell${c}/reduce`, 'Pool', batch * size * size * depth, [x]));
    }
  }
  net.forward({ ...pointwise('loss', 'Loss', batch * size * size * depth, [x]), bytes: FLOAT * batch });
  return net;
}

export interface ExpertsShape {
  readonly layers: number;
  readonly experts: number;
  readonly hidden: number;
  readonly tokens: number;
}

/** Layers of experts, each for its share of the tokens. */
export function experts({ layers, experts: count, hidden, tokens }: ExpertsShape): Network {
  const net = new TrainingTasks();
  let x = net.forward({
    ...pointwise('embedding', 'Gather', tokens * hidden, []),
    weightBytes: FLOAT * 8000 * hidden,
  });
  for (let l = 0; l < layers; l++) {
    const dense = net.forward(product(`layer${l}/dense`, [tokens, hidden, hidden], [x]));
    const gate = net.forward(product(`layer${l}/gate`, [tokens, hidden, count], [dense]));
    const outputs: number[] = [];
    for (let e = 0; e < count; e++) {
      const name = `layer${l}/expert${e}`;
      const rows = (2 * tokens) / count;
      const taken = net.forward(pointwise(`${name}/take`, 'Gather', rows * hidden, [dense, gate]));
      const up = net.forward(product(`${name}/up`, [rows, hidden, 4 * hidden], [taken]));
      outputs.push(net.forward(product(`${name}/down`, [rows, 4 * hidden, hidden], [up])));
    }
    x = net.forward(pointwise(`layer${l}/combine`, 'Add', tokens * hidden, [dense, ...outputs]));
  }
  net.forward({ ...pointwise('loss', 'Loss', tokens * hidden, [x]), bytes: FLOAT * tokens });
  return net;
}

/** Embedding tables of uneven size beside a deep part (Wide & Deep, DLRM): memory is what is short. */
export function embeddings({
  tables,
  batch,
  random,
}: {
  readonly tables: number;
  readonly batch: number;
  readonly random: RandomStream;
}): Network {
  const net = new TrainingTasks();
  const wide = 64;
  const looked = Array.from({ length: tables }, (_, i) =>
    net.forward({
      ...pointwise(`table${i}/Gather`, 'Gather', batch * wide, []),
      weightBytes: 1e6 * 100 ** random.uniform(),
    }),
  );
  let deep = net.forward(pointwise('dense', 'Placeholder', batch * 256, []));
  for (const [i, width] of [512, 256, wide].entries()) {
    deep = net.forward(product(`bottom${i}`, [batch, [256, 512, 256][i]!, width], [deep]));
  }
  const all = [...looked, deep];
  let x = net.forward({
    ...pointwise('interaction', 'BatchMatMul', (batch * all.length * all.length) / 2, all),
    flops: 2 * batch * all.length * all.length * wide,
  });
  let columns = Math.round((all.length * all.length) / 2);
  for (const [i, width] of [1024, 1024, 512, 1].entries()) {
    x = net.forward(product(`top${i}`, [batch, columns, width], [x]));
    columns = width;
  }
  return net;
}

/** A random op: 20 µs to 2 ms on an accelerator, with a result of 0.1 to 10 MB and, sometimes, weights. */
function drawn(random: RandomStream, name: string, inputs: readonly number[], heavy = 1): Layer {
  const flops = 8e7 * 100 ** random.uniform();
  const bytes = 1e5 * 100 ** random.uniform() * heavy;
  const weightBytes = random.below(2) === 0 ? 1e6 * 30 ** random.uniform() : 0;
  return { name, op: 'Task', flops, bytes, weightBytes, inputs };
}

/** A random graph by layers: each op reads one to three of the two layers before. */
export function layered(random: RandomStream, count: number): Network {
  const net = new TrainingTasks();
  const width = 2 + random.below(7);
  const heavy = 0.1 * 30 ** random.uniform();
  let [before, last]: [number[], number[]] = [[], []];
  for (let made = 0; made < count; ) {
    const layer: number[] = [];
    const wanted = 1 + random.below(width);
    for (let i = 0; i < wanted; i++, made++) {
      const from = [...last, ...before];
      const inputs = new Set<number>();
      if (from.length > 0)
        for (let k = 0; k <= random.below(3); k++) inputs.add(from[random.below(from.length)]!);
      layer.push(net.forward(drawn(random, `op${made}`, [...inputs], heavy)));
    }
    [before, last] = [last, layer];
  }
  return net;
}

/** Chains side by side whose edges are heavy, with a few crossings: what hops between devices loses. */
export function chains(random: RandomStream, width: number, length: number): Network {
  const net = new TrainingTasks();
  const heavy = 1 + 9 * random.uniform();
  let last: number[] = [];
  for (let t = 0; t < length; t++) {
    const before = last;
    last = Array.from({ length: width }, (_, c) => {
      const inputs = before.length === 0 ? [] : [before[c]!];
      if (before.length > 0 && random.below(8) === 0) inputs.push(before[(c + 1) % width]!);
      return net.forward(drawn(random, `chain${c}/op${t}`, [...new Set(inputs)], heavy));
    });
  }
  net.forward(drawn(random, 'join', last));
  return net;
}

/** Stages that fork into branches of uneven length and join again. */
export function forkJoin(random: RandomStream, stages: number): Network {
  const net = new TrainingTasks();
  const heavy = 0.1 * 30 ** random.uniform();
  let x = net.forward(drawn(random, 'begin', [], heavy));
  for (let s = 0; s < stages; s++) {
    const ends = Array.from({ length: 2 + random.below(5) }, (_, b) => {
      let end = x;
      for (let i = 0; i <= random.below(3); i++) {
        end = net.forward(drawn(random, `stage${s}/branch${b}/op${i}`, [end], heavy));
      }
      return end;
    });
    x = net.forward(drawn(random, `stage${s}/join`, ends, heavy));
  }
  return net;
}
