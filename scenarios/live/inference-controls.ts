import { formatInteger } from '../../base/format.ts';
import { formatSeconds, parseQuantity } from '../../base/units.ts';
import { DEVICES, INFERENCE_MODELS, NODES } from '../catalog.ts';
import { computesIn } from '../computes-in.ts';
import { PRECISIONS } from '../fields.ts';
import { computingDeviceOf } from '../inference.ts';
import type { Controls, InferenceRun } from '../results.ts';
import type { InferenceScenario } from '../schema.ts';
import { flow, listControl, sliderControl, steps } from './stops.ts';

const LATENCIES_MS = [1, 2, 5, 7, 10, 20, 50, 100, 200, 500, 1000];

/** Server, batch and latency: beginning at what serves most. */
export function inferenceControls(
  experiment: InferenceScenario,
  runs: readonly InferenceRun[],
): Controls | null {
  // A page cannot read files.
  if (runs.length === 0 || 'file' in experiment.model) return null;
  const served = (run: InferenceRun): number => run.boundedSamplesPerSecond ?? 0;
  const best = runs.reduce((most, run) =>
    served(run) > served(most) ||
    (served(run) === served(most) && run.samplesPerSecond > most.samplesPerSecond)
      ? run
      : most,
  );
  const at = `experiments.${experiment.name}`;
  const named = experiment.servers.map(({ batches: _, ...choice }) => ({
    value: choice.device ?? choice.node!,
    choice: choice as object,
  }));
  const infersOnly = 'name' in experiment.model && Object.hasOwn(INFERENCE_MODELS, experiment.model.name);
  const others = [
    ...DEVICES.map(({ id }) => ({ value: id, computes: id, choice: { device: id } })),
    ...NODES.map((node) => ({
      value: node.id,
      computes: computingDeviceOf(node),
      choice: { node: node.id },
    })),
  ]
    .filter(({ value }) => !named.some((one) => one.value === value))
    .flatMap(({ value, computes, choice }) => {
      const precision = precisionOn(computes, infersOnly);
      return precision === undefined ? [] : [{ value, choice: { ...choice, precision } }];
    });
  const nameOf = (id: string): string => [...DEVICES, ...NODES].find((one) => one.id === id)?.name ?? id;
  const latency = experiment.latency === undefined ? undefined : parseQuantity(experiment.latency, 'seconds');
  const controls = [
    listControl(
      'server',
      'Server',
      [...named, ...others].map(({ value, choice }) => ({
        value,
        text: nameOf(value),
        set: [`${at}.servers=[${flow(choice)}]`],
      })),
      best.server,
    ),
    sliderControl(
      'batch',
      'Batch',
      [...steps(1, 1024), best.batch].map((value) => ({
        value,
        text: formatInteger(value),
        set: [`${at}.batches=[${value}]`],
      })),
      best.batch,
    ),
    latency === undefined
      ? undefined
      : sliderControl(
          'latency',
          '99 % answered within',
          [...LATENCIES_MS.map((ms) => ms / 1000), latency].map((value) => ({
            value,
            text: formatSeconds(value),
            set: value === latency ? [] : [`${at}.latency=${value * 1000} ms`],
          })),
          latency,
        ),
  ].filter((control) => control !== undefined);
  return { run: runs.indexOf(best), always: [], controls };
}

/** That of the network itself, or else the narrowest that the device has. */
function precisionOn(device: string, infersOnly: boolean): string | undefined {
  const wanted = infersOnly ? (['int8', ...PRECISIONS] as const) : (['float32', ...PRECISIONS] as const);
  return wanted.find((precision) => computesIn(precision, device));
}
