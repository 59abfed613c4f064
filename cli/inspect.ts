import { formatInteger } from '../base/format.ts';
import { formatBytes, formatFlops, formatPercent, formatSeconds } from '../base/units.ts';
import { type GraphTotals, type Inspection, inspectFile, inspectModel } from '../scenarios/inspect.ts';
import { isModelFile } from '../scenarios/model-file.ts';
import type { Prediction } from '../scenarios/prediction.ts';
import { dimensions, inputShapes, refuseOptions, settingsGiven } from './model-options.ts';
import { printJson } from './print-json.ts';
import { formatTable, type TableColumn } from './table.ts';

export interface InspectOptions {
  readonly batch?: number;
  readonly set?: readonly string[];
  readonly dim?: readonly string[];
  readonly shape?: readonly string[];
  readonly allowUnknown?: boolean;
  /** Id of a device of the catalog. */
  readonly device?: string;
  readonly json?: boolean;
}

/** `stepcast inspect`: what a model consists of. */
export function inspect(model: string, options: InspectOptions): void {
  const inspection = inspected(model, options);
  if (options.json === true) printJson(inspectionJson(inspection));
  else process.stdout.write(inspectionText(inspection));
}

function inspected(
  model: string,
  { batch, set, dim, shape, allowUnknown, device }: InspectOptions,
): Inspection {
  if (isModelFile(model)) {
    refuseOptions({ '--batch': batch, '--set': set }, 'a file has its own sizes; --dim binds symbolic ones');
    const options = {
      dims: dimensions(dim),
      shapes: inputShapes(shape),
      allowUnknown: allowUnknown === true,
    };
    return inspectFile(model, options, device);
  }
  refuseOptions({ '--dim': dim, '--shape': shape, '--allow-unknown': allowUnknown }, 'is for model files');
  return inspectModel(model, batch ?? 32, settingsGiven(set), device);
}

function inspectionJson({ batch, lines, prediction, ...inspection }: Inspection): object {
  return {
    ...inspection,
    batch: batch ?? null,
    notes: lines,
    prediction:
      prediction === undefined
        ? null
        : {
            ...prediction,
            outOfMemory: prediction.outOfMemory ?? null,
            secondsByOp: Object.fromEntries(prediction.secondsByOp),
          },
  };
}

function inspectionText({
  title,
  parameters,
  parameterBytes,
  batch,
  lines,
  graphs,
  ops,
  prediction,
}: Inspection): string {
  const flops = graphs.at(-1)!.totals.flops;
  const column = (header: string, text: (totals: GraphTotals) => string): TableColumn => ({
    header,
    align: 'right',
    cells: graphs.map(({ totals }) => text(totals)),
  });
  return [
    title,
    `${formatInteger(parameters)} parameters, ${formatBytes(parameterBytes)}${batch === undefined ? '' : `; batch of ${batch}`}`,
    ...lines,
    '',
    formatTable([
      { header: 'graph', cells: graphs.map(({ label }) => label) },
      column('nodes', ({ nodes }) => formatInteger(nodes)),
      column('arithmetic', (totals) => formatFlops(totals.flops)),
      ...(batch === undefined ? [] : [column('per sample', (totals) => formatFlops(totals.flops / batch))]),
      column('read and written', ({ bytesMoved }) => formatBytes(bytesMoved)),
      column('peak memory', (totals) => formatBytes(totals.peakBytes)),
      column('longest chain', ({ pathNodes }) => `${formatInteger(pathNodes)} ops`),
      column('of the arithmetic', (totals) => share(totals.pathFlops / totals.flops)),
    ]),
    formatTable([
      { header: graphs.length > 1 ? `op (${graphs.at(-1)!.label})` : 'op', cells: ops.map(({ op }) => op) },
      { header: 'nodes', align: 'right', cells: ops.map(({ nodes }) => formatInteger(nodes)) },
      { header: 'arithmetic', align: 'right', cells: ops.map((op) => formatFlops(op.flops)) },
      { header: 'share', align: 'right', cells: ops.map((op) => share(op.flops / flops)) },
      {
        header: 'read and written',
        align: 'right',
        cells: ops.map(({ bytesMoved }) => formatBytes(bytesMoved)),
      },
    ]),
    ...(prediction === undefined ? [] : [predictionText(graphs.at(-1)!.label, prediction)]),
  ].join('\n');
}

function predictionText(
  label: string,
  { device, seconds, secondsByOp, onHost, outOfMemory }: Prediction,
): string {
  const rows = [...secondsByOp].filter(([, time]) => time > 0).sort(([, a], [, b]) => b - a);
  const kernels = rows.reduce((sum, [, time]) => sum + time, 0);
  const host =
    onHost === 0 ? '' : `; ${formatInteger(onHost)} nodes have no kernels there and run on the host`;
  return [
    `predicted on ${device}: ${label} takes ${formatSeconds(seconds)}, inputs copied from the host${host}`,
    ...(outOfMemory === undefined ? [] : [outOfMemory]),
    formatTable([
      { header: 'op', cells: rows.map(([op]) => op) },
      { header: 'kernels', align: 'right', cells: rows.map(([, time]) => formatSeconds(time)) },
      { header: 'share', align: 'right', cells: rows.map(([, time]) => share(time / kernels)) },
    ]),
  ].join('\n');
}

const share = (part: number): string =>
  Number.isNaN(part) ? '' : part > 0 && part < 0.001 ? '< 0.1 %' : formatPercent(part);
