import { dirname } from 'node:path';
import { UserError } from '../base/errors.ts';
import { formatInteger } from '../base/format.ts';
import { printable, shortened } from '../base/text.ts';
import { formatPercent, formatSeconds, parseQuantity } from '../base/units.ts';
import { findLink } from '../scenarios/catalog.ts';
import {
  type ChakraRequest,
  type ChakraResults,
  type KinetoResults,
  type ReplayedDevice,
  type ReplayedOp,
  replayAsChakra,
  replayChakraFiles,
  replayKinetoFiles,
} from '../scenarios/replay.ts';
import { linkOfNumbers } from '../scenarios/replay-cluster.ts';
import { readTraceFiles, type TraceFile } from '../scenarios/trace-files.ts';
import { formatTable } from './table.ts';
import { checkFolder, writeFiles } from './write-files.ts';

export interface ReplayOptions {
  readonly topology?: 'ring' | 'switch';
  readonly link?: string;
  readonly bandwidth?: string;
  readonly latency?: string;
  readonly algorithm?: readonly string[];
  readonly splits?: number;
  readonly splitsAtOnce?: number;
  readonly endpoint?: string;
  readonly memoryBandwidth?: string;
  readonly peak?: string;
  readonly tick?: string;
  readonly dependencies?: 'all' | 'data';
  readonly speed?: readonly string[];
  readonly hostSpeed?: string;
  readonly write?: string;
  readonly top: number;
  readonly json?: boolean;
}

/** `stepcast replay`: how long recorded work takes on another network, or with faster kernels. */
export async function replay(paths: readonly string[], options: ReplayOptions): Promise<void> {
  const files = readTraceFiles(paths);
  refuseUnfit(files[0]!, options);
  const results =
    files[0]!.format === 'chakra' ? replayChakraFiles(files, request(options)) : replayed(files, options);
  if (options.write !== undefined) await write(options.write, replayAsChakra(results));
  const { graph: _, ...shown } = results;
  if (options.json === true) process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  else
    process.stdout.write(
      results.kind === 'chakra' ? chakraText(results, options.top) : kinetoText(results, options.top),
    );
}

const CHAKRA_ONLY = [
  'topology',
  'link',
  'bandwidth',
  'latency',
  'algorithm',
  'splits',
  'splitsAtOnce',
  'endpoint',
  'memoryBandwidth',
  'peak',
  'tick',
  'dependencies',
] as const;
const KINETO_ONLY = ['speed', 'hostSpeed'] as const;

/** Options that a kind of trace has no use for are mistakes. */
function refuseUnfit({ file, format }: TraceFile, options: ReplayOptions): void {
  const [names, what] =
    format === 'chakra'
      ? [KINETO_ONLY, 'traces of torch.profiler; this is a Chakra trace']
      : [CHAKRA_ONLY, 'Chakra traces; this is a trace of torch.profiler'];
  const unfit = names.find((name) => options[name] !== undefined);
  if (unfit === undefined) return;
  const flag = unfit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(`${file}: --${flag} is for ${what}`);
}

function request(options: ReplayOptions): ChakraRequest {
  const { topology, dependencies, splits, splitsAtOnce, endpoint, memoryBandwidth, peak, tick } = options;
  const memory =
    memoryBandwidth === undefined ? undefined : positive('memory-bandwidth', memoryBandwidth, 'bytes/s');
  if (peak !== undefined && memory === undefined) {
    throw new UserError('--peak needs --memory-bandwidth too: arithmetic takes the longer of both');
  }
  return {
    ...(dependencies !== undefined && { dependencies }),
    ...(topology !== undefined && { topology }),
    ...linkOf(options),
    system: {
      algorithms: Object.fromEntries((options.algorithm ?? []).map((text) => pair('algorithm', text))),
      ...(memory !== undefined && { memoryBytesPerSecond: memory }),
      ...(peak !== undefined && {
        roofline: { flopsPerSecond: positive('peak', peak, 'flop/s'), bytesPerSecond: memory! },
      }),
    },
    collectives: {
      ...(splits !== undefined && { splits }),
      ...(splitsAtOnce !== undefined && { splitsAtOnce }),
      ...(endpoint !== undefined && { endpointSeconds: quantity('endpoint', endpoint, 'seconds') }),
      ...(memory !== undefined && { memoryBytesPerSecond: memory }),
    },
    ...(tick !== undefined && { tickSeconds: positive('tick', tick, 'seconds') }),
  };
}

function linkOf({ link, bandwidth, latency }: ReplayOptions): Pick<ChakraRequest, 'link'> {
  if (link !== undefined) {
    if (bandwidth !== undefined || latency !== undefined) {
      throw new UserError('give --link, or --bandwidth and --latency, not both');
    }
    return { link: findLink(link) };
  }
  if (bandwidth === undefined && latency === undefined) return {};
  if (bandwidth === undefined) throw new UserError('--latency needs --bandwidth too');
  if (latency === undefined) throw new UserError('--bandwidth needs --latency too');
  return {
    link: linkOfNumbers(positive('bandwidth', bandwidth, 'bytes/s'), quantity('latency', latency, 'seconds')),
  };
}

function replayed(files: readonly TraceFile[], { speed = [], hostSpeed }: ReplayOptions): KinetoResults {
  const faster = speed.map((text) => {
    const [part, factor] = pair('speed', text);
    return { part: part.toLowerCase(), factor: positive('speed', factor, 'ratio') };
  });
  return replayKinetoFiles(files, {
    ...(faster.length > 0 && {
      speed: ({ name }) => {
        const lower = name.toLowerCase();
        return faster.reduce(
          (product, { part, factor }) => (lower.includes(part) ? product * factor : product),
          1,
        );
      },
    }),
    ...(hostSpeed !== undefined && { hostSpeed: positive('host-speed', hostSpeed, 'ratio') }),
  });
}

/** `left=right` of an option that may be given several times. */
function pair(option: string, text: string): [left: string, right: string] {
  const at = text.lastIndexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  const form = option === 'speed' ? 'part of the name=factor' : 'collective=algorithm';
  throw new UserError(`--${option}: expected ${form}, got "${text}"`);
}

function quantity(option: string, text: string, dimension: Parameters<typeof parseQuantity>[1]): number {
  try {
    return parseQuantity(text, dimension);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`--${option}: ${error.message}`) : error;
  }
}

function positive(option: string, text: string, dimension: Parameters<typeof parseQuantity>[1]): number {
  const value = quantity(option, text, dimension);
  if (value > 0) return value;
  throw new UserError(`--${option}: expected more than 0, got "${text}"`);
}

async function write(prefix: string, files: readonly Uint8Array[]): Promise<void> {
  checkFolder(dirname(prefix), []);
  await writeFiles(files.map((text, device) => ({ path: `${prefix}.${device}.et`, text })));
}

function chakraText({ seconds, network, devices, ops }: ChakraResults, top: number): string {
  const ranks = `${devices.length} rank${devices.length === 1 ? '' : 's'}`;
  return [
    `${exactTime(seconds)} until all is done: ${ranks}, ${network ?? 'nothing communicated'}\n`,
    deviceTable(devices, seconds),
    opTable('node', ops, top),
  ].join('\n');
}

function kinetoText({ spans, seconds, devices, ops, collectives }: KinetoResults, top: number): string {
  const changed = spans[0]!.changedSeconds !== undefined;
  const lines = spans.map(({ file, recordedSeconds, replayedSeconds, changedSeconds }) => {
    const off = Math.abs(replayedSeconds / recordedSeconds - 1);
    const error = off < 1e-4 ? 'less than 0.01 % off' : `${formatPercent(off)} off`;
    const last =
      changedSeconds === undefined
        ? ''
        : `; changed ${formatSeconds(changedSeconds)} (${signedPercent(changedSeconds / replayedSeconds - 1)})`;
    return `${printable(file)}: GPUs active over ${formatSeconds(recordedSeconds)}, replayed ${formatSeconds(replayedSeconds)} (${error})${last}\n`;
  });
  const meeting = collectives > 0 ? `${collectives} collectives in which all ranks meet\n` : '';
  return [
    lines.join('') + meeting,
    deviceTable(devices, seconds),
    opTable(changed ? 'on GPUs, as recorded' : 'on GPUs', ops, top),
  ].join('\n');
}

const signedPercent = (ratio: number): string => `${ratio < 0 ? '' : '+'}${formatPercent(ratio)}`;

/** Nanoseconds in full where they say more: what other simulators print. */
function exactTime(seconds: number): string {
  const nanoseconds = Math.round(seconds * 1e9);
  return seconds < 1 && nanoseconds >= 1000
    ? `${formatSeconds(seconds)} (${formatInteger(nanoseconds)} ns)`
    : formatSeconds(seconds);
}

function deviceTable(devices: readonly ReplayedDevice[], seconds: number): string {
  const share = (part: (device: ReplayedDevice) => number) =>
    devices.map((device) => formatPercent(seconds === 0 ? 0 : part(device) / seconds));
  return formatTable([
    { header: 'device', cells: devices.map(({ name }) => name) },
    { header: 'computing', align: 'right', cells: share(({ computeSeconds }) => computeSeconds) },
    { header: 'communicating only', align: 'right', cells: share((device) => device.communicationSeconds) },
    { header: 'idle', align: 'right', cells: share(({ idleSeconds }) => idleSeconds) },
  ]);
}

function opTable(header: string, ops: readonly ReplayedOp[], top: number): string {
  const rows = ops.slice(0, top);
  const rest = ops.length - rows.length;
  const table = formatTable([
    { header, cells: rows.map(({ name }) => printable(shortened(name, 60))) },
    { header: 'count', align: 'right', cells: rows.map(({ count }) => formatInteger(count)) },
    { header: 'total', align: 'right', cells: rows.map(({ seconds }) => formatSeconds(seconds)) },
    { header: 'mean', align: 'right', cells: rows.map(({ meanSeconds }) => formatSeconds(meanSeconds)) },
  ]);
  return rest > 0 ? `${table}and ${rest} more; --top ${ops.length} shows all\n` : table;
}
