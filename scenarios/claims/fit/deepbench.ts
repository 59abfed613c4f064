import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DType } from '../../../base/dtype.ts';
import type { Work } from '../../../base/work.ts';
import { conv, convFilterGrad, convInputGrad } from '../../../graph/ops/convolution.ts';
import { gemm } from '../../../graph/ops/matmul.ts';
import { gru, lstm, rnn } from '../../../graph/ops/recurrent.ts';
import type { TensorSpec } from '../../../graph/tensor-spec.ts';
import { DATA } from './data.ts';

/** One measured kernel. */
export interface MeasuredKernel {
  readonly kind: 'product' | 'convolution' | 'recurrent layer';
  readonly label: string;
  readonly work: Work;
  readonly seconds: number;
}

const TYPES: Readonly<Record<string, DType>> = { fp32: 'float32', fp16_mixed: 'float16' };
/** Sheets whose pads and strides are (height, width) instead of (width, height). */
const HEIGHT_FIRST = /^(Tesla P100|AMD .*)$/;

type Row = Readonly<Record<string, string>>;

let rows: readonly Row[] | undefined;

function readRows(): readonly Row[] {
  const lines = readFileSync(join(DATA, 'deepbench.csv'), 'utf8').split('\n');
  const [header, ...body] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const names = header!.split(',');
  return body.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

/** Matrix products, convolutions with their gradients and recurrent layers, as Baidu's DeepBench measured them on a device. */
export function measuredKernels(device: string, precision: string): readonly MeasuredKernel[] {
  rows ??= readRows();
  const dtype = TYPES[precision]!;
  return rows
    .filter((row) => row.device === device && row.precision === precision)
    .flatMap((row) =>
      row.op === 'gemm'
        ? [product(row, dtype)]
        : row.op === 'conv'
          ? convolutions(row, dtype)
          : [recurrentLayer(row, dtype)],
    );
}

/** Layers on sound and images themselves: no training computes gradients of these. */
const isFirst = (x: readonly number[]): boolean => x[1]! <= 3;

const size = (row: Row, name: string): number => Math.round(Number(row[name]));
const seconds = (row: Row, name: string): number => Number(row[name]) * 1e-3;

function product(row: Row, dtype: DType): MeasuredKernel {
  const [m, n, k] = [size(row, 'm'), size(row, 'n'), size(row, 'k')];
  const [transA, transB] = [row.ta === 'T', row.tb === 'T'];
  const inputs = [
    { dtype, shape: transA ? [k, m] : [m, k] },
    { dtype, shape: transB ? [n, k] : [k, n] },
  ];
  const work = gemm.cost(inputs, [{ dtype, shape: [m, n] }], { transA, transB });
  const label = `${m} x ${n} x ${k} ${row.ta}${row.tb}`;
  return { kind: 'product', label, work, seconds: seconds(row, 'fwd_ms') };
}

function convolutions(row: Row, dtype: DType): MeasuredKernel[] {
  const pair = (one: string, two: string): [number, number] => [size(row, one), size(row, two)];
  const heightFirst = HEIGHT_FIRST.test(row.device!);
  const inOrder = ([a, b]: [number, number]): number[] => (heightFirst ? [a, b] : [b, a]);
  const pads = inOrder(pair('pad_J', 'pad_K'));
  const strides = inOrder(pair('stride_L', 'stride_M'));
  const image = pair('h', 'w');
  const kernel = pair('filter_h', 'filter_w');
  const attrs = { strides, pads: [...pads, ...pads] };
  const extents = image.map((extent, i) =>
    Math.floor((extent + 2 * pads[i]! - kernel[i]!) / strides[i]! + 1),
  );
  const x = { dtype, shape: [size(row, 'n'), size(row, 'c'), ...image] };
  const w = { dtype, shape: [size(row, 'k'), size(row, 'c'), ...kernel] };
  const y = { dtype, shape: [size(row, 'n'), size(row, 'k'), ...extents] };
  const works: readonly (readonly [string, string, Work])[] = [
    ['forward', 'fwd_ms', conv.cost([x, w], [y], attrs)],
    ['input gradient', 'bwd_input_ms', convInputGrad.cost([y, w], [x], { ...attrs, shape: x.shape })],
    ['filter gradient', 'bwd_weight_ms', convFilterGrad.cost([y, x], [w], { ...attrs, shape: w.shape })],
  ];
  return works
    .filter(([pass, column]) => Number(row[column]) > 0 && !(pass === 'input gradient' && isFirst(x.shape)))
    .map(([pass, column, work]) => ({
      kind: 'convolution',
      label: `${pass} ${x.shape.join('x')} * ${w.shape.join('x')} / ${strides.join('x')}`,
      work,
      seconds: seconds(row, column),
    }));
}

const CELLS = { vanilla: [rnn, 1], gru: [gru, 3], lstm: [lstm, 4] } as const;

/** The forward pass; inputs are as wide as the state. */
function recurrentLayer(row: Row, dtype: DType): MeasuredKernel {
  const [steps, batch, hidden] = [size(row, 'timesteps'), size(row, 'n'), size(row, 'hidden')];
  const [op, gates] = CELLS[row.op as keyof typeof CELLS];
  const spec = (...shape: number[]): TensorSpec => ({ dtype, shape });
  const weights = spec(1, gates * hidden, hidden);
  const outputs = [spec(steps, 1, batch, hidden), spec(1, batch, hidden)];
  const attrs = { hidden_size: hidden };
  const work = op.cost([spec(steps, batch, hidden), weights, weights], outputs, attrs as never);
  const label = `${row.op} ${hidden}, batch ${batch}, ${steps} steps`;
  return { kind: 'recurrent layer', label, work, seconds: seconds(row, 'fwd_ms') };
}
