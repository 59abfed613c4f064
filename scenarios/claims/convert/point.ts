import type { Metric } from '../claim.ts';
import { isRelative } from '../metrics.ts';
import { collectivePoint, isCollective } from './collective.ts';
import { dataParallelPoint, isDataParallel } from './data-parallel.ts';
import { asNumber, countOf, type Facts, wordsOf } from './facts.ts';
import { gptPoint, isDecoder, parametersOf } from './gpt.ts';
import { type ConvertedHardware, hardwareOf } from './hardware.ts';
import { inferencePoint, isInference } from './inference.ts';
import type { Mapped, Said } from './mapped.ts';
import { measuredBy } from './metrics.ts';
import { isParameterServer, parameterServerPoint } from './parameter-server.ts';
import { Refusal } from './refusal.ts';
import { isSingleDevice, singleDevicePoint } from './single-device.ts';
import type { SourceClaim, SourceFile } from './source.ts';

/** A measurement of the ledger, out of a point of a source. */
export interface ConvertedPoint extends Mapped {
  readonly metric: Metric;
  readonly unit: string;
  readonly value: number;
  readonly hardware: ConvertedHardware;
  readonly note: string | undefined;
  /** Told apart from others of the same point, which measure another part of it. */
  readonly part?: string;
}

/** Kinds of claims in the order in which points are tried: what is told by keys before what is told by words. */
const MAPPINGS: readonly (readonly [is: (said: Said) => boolean, map: (said: Said) => Mapped])[] = [
  [isCollective, collectivePoint],
  [isInference, inferencePoint],
  [isDecoder, gptPoint],
  [isParameterServer, parameterServerPoint],
  [isSingleDevice, singleDevicePoint],
  [isDataParallel, dataParallelPoint],
];

/** What a point of a source measured, in the ledger's words. @throws Refusal saying why it cannot be told. */
export function convertPoint(file: SourceFile, claim: SourceClaim, point: Facts): ConvertedPoint[] {
  const measured = measuredBy(point);
  const workload = claim.workload as Facts;
  const strategy = typeof claim.strategy === 'string' ? {} : (claim.strategy as Facts);
  const own = modelOf(file, { ...workload, ...point });
  const facts: Facts = { ...own, ...workload, ...strategy, ...point };
  const said: Said = {
    file,
    claim,
    point,
    facts,
    strategy: strategyWords(claim, point),
    hardware: hardwareOf(file, claim, facts),
  };
  const mapping = MAPPINGS.find(([is]) => is(said))?.[1];
  if (mapping === undefined)
    throw new Refusal(`no kind of claim is a strategy of ${JSON.stringify(said.strategy)}`);
  const mapped = mapping(said);
  if (/^flops/.test(measured.metric) && mapped.fields.recompute === 'full')
    throw new Refusal('whether its flops count what is computed again: not stated');
  const relativeTo = isRelative(measured.metric) ? comparedWith(mapped) : undefined;
  const converted = {
    ...mapped,
    ...measured,
    ...(relativeTo !== undefined && { relativeTo }),
    hardware: withServers(said.hardware, mapped),
    note: noteOf(point),
  };
  return [converted, ...forwardPart(converted, facts)];
}

/** Hosts for parameter servers, where these have hosts of their own: such as the workers', without accelerators. */
function withServers(hardware: ConvertedHardware, { fields }: Mapped): ConvertedHardware {
  if (fields.placement !== 'hosts') return hardware;
  // How many there are, each point says.
  const servers = { parameter_servers: { count: 1, cpu: hardware.cpu } };
  return { ...hardware, cluster: { ...hardware.cluster, ...servers } };
}

/** One device, where sources say nothing else of what a figure is relative to. @throws Refusal */
function comparedWith({ kind, fields }: Mapped): Facts {
  if (fields.workers === 1) throw new Refusal('it compares one device with itself');
  switch (kind) {
    case 'data-parallel':
      return { workers: 1 };
    case 'parameter-server':
      return { workers: 1, servers: 1 };
    case 'gpt':
      // Other replicas would have other batches, of which nothing is said.
      if (fields.data === 1) return { workers: 1, tensor: 1, pipeline: 1 };
  }
  throw new Refusal('what it is compared with: not stated');
}

/** The model of the file that a point names, or that has as many parameters. */
function modelOf({ models }: SourceFile, facts: Facts): Facts {
  const name = wordsOf(facts, 'model')?.toLowerCase();
  const parameters = parametersOf(facts);
  const found =
    models.find((model) => name !== undefined && String(model.name ?? '').toLowerCase() === name) ??
    models.find((model) => parameters !== undefined && parametersOf(model) === parameters);
  const { name: _, provenance: __, ...own } = found ?? {};
  return own;
}

/** The strategy in words: a point's own say more than its claim's, which may list several. */
function strategyWords({ strategy }: SourceClaim, point: Facts): string {
  const own = ['strategy', 'variable_update', 'scheme', 'placement']
    .map((key) => point[key])
    .filter((value) => typeof value === 'string');
  if (own.length > 0) return own.join(' ');
  return typeof strategy === 'string' ? strategy : Object.values(strategy).map(String).join(' ');
}

/** The forward pass alone, where it was timed beside the step. */
function forwardPart(point: ConvertedPoint, facts: Facts): ConvertedPoint[] {
  const milliseconds = asNumber(facts.forward_ms);
  if (point.kind !== 'single-device' || milliseconds === undefined || countOf(facts, 'workers') !== 1)
    return [];
  const { optimizer: _, ...fields } = point.fields;
  const forward = { metric: 'step_time', unit: 'ms', value: milliseconds, part: 'forward' } as const;
  return [{ ...point, fields: { ...fields, phase: 'forward' }, ...forward }];
}

/** What tells a point apart for people. */
function noteOf(point: Facts): string | undefined {
  const keys = ['system', 'round', 'library', 'case', 'config', 'variable_update', 'note'];
  const words = keys.map((key) => point[key]).filter((value) => typeof value === 'string');
  return words.length === 0 ? undefined : words.join(', ').slice(0, 300);
}
