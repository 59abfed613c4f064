import { DTYPE_BYTES } from '../../base/dtype.ts';
import { UserError, unknownName } from '../../base/errors.ts';
import { type Dimension, parseQuantity } from '../../base/units.ts';
import type {
  ArithmeticType,
  DeviceKind,
  DeviceModel,
  Evidence,
  KernelModel,
  LinkModel,
  MemoryOverhead,
  MultiplyType,
  Quantity,
  SystolicArray,
} from '../device.ts';
import { KERNEL_PARAMETERS, type KernelParameters } from '../kernels/parameters.ts';

/*
 * Reads entries of the catalog: plain JSON, where every number is { "value": "12 GiB", "evidence": …, "source": … }.
 * Parameters of kernels are those of a fit, by its id, and the device's own. Keys are DeviceModel's; an unknown, missing
 * or empty one is an error that says where.
 */

const EVIDENCE: readonly Evidence[] = ['assumed', 'datasheet', 'measured'];
const KINDS: readonly DeviceKind[] = ['CPU', 'GPU', 'TPU', 'ASIC'];
const PARAMETERS = Object.keys(KERNEL_PARAMETERS) as (keyof KernelParameters)[];
const TYPES = [...Object.keys(DTYPE_BYTES), 'tf32'] as ArithmeticType[];

type Fields = Readonly<Record<string, unknown>>;

export function wrong(path: string, what: string): never {
  throw new UserError(`${path}: ${what}`);
}

/** `value` as an object with all of the required keys and no others than the optional ones. */
export function fields(
  value: unknown,
  path: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(path, 'expected an object');
  const known = [...required, ...optional];
  for (const key of Object.keys(value)) if (!known.includes(key)) wrong(path, unknownName('key', key, known));
  for (const key of required) if (!(key in value)) wrong(path, `"${key}" is missing`);
  return value as Fields;
}

export function text(value: unknown, path: string): string {
  return typeof value === 'string' && value.trim() !== '' ? value : wrong(path, 'expected a text');
}

export function oneOf<T extends string>(
  value: unknown,
  path: string,
  kind: string,
  choices: readonly T[],
): T {
  const word = text(value, path);
  return choices.find((choice) => choice === word) ?? wrong(path, unknownName(kind, word, choices));
}

function number(value: unknown, path: string, dimension: Dimension, zero = false): number {
  try {
    const parsed = parseQuantity(text(value, path), dimension);
    return parsed > 0 || zero ? parsed : wrong(path, 'it must be greater than zero');
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith(`${path}: `)) throw error;
    return wrong(path, error.message);
  }
}

export const origin = (row: Fields, path: string): { evidence: Evidence; source: string } => ({
  evidence: oneOf(row.evidence, `${path}.evidence`, 'evidence', EVIDENCE),
  source: text(row.source, `${path}.source`),
});

export function quantity(value: unknown, path: string, dimension: Dimension): Quantity {
  const row = fields(value, path, ['value', 'evidence', 'source']);
  return { value: number(row.value, path, dimension), ...origin(row, path) };
}

/** The parameters that a fit of this id gives. Throws a UserError where there is none. */
export type ParametersOf = (fit: string) => Readonly<Record<string, number>>;

function kernelModel(value: unknown, path: string, parametersOf: ParametersOf): KernelModel {
  const row = fields(value, path, [], ['fit', 'evidence', 'source', 'own']);
  if (row.fit === undefined && row.own === undefined)
    wrong(path, 'expected a "fit", parameters of its "own", or both');
  const from =
    row.fit === undefined ? undefined : { fit: text(row.fit, `${path}.fit`), ...origin(row, path) };
  const fitted: Readonly<Record<string, number>> = from === undefined ? {} : parametersOf(from.fit);
  const own: { -readonly [P in keyof KernelParameters]?: Quantity } = {};
  const given = row.own === undefined ? {} : fields(row.own, `${path}.own`, [], PARAMETERS);
  const parameters = {} as { -readonly [P in keyof KernelParameters]: number };
  for (const name of PARAMETERS) {
    const { dimension, neutral } = KERNEL_PARAMETERS[name];
    const replaced =
      given[name] === undefined ? undefined : quantity(given[name], `${path}.own.${name}`, dimension);
    if (replaced !== undefined) own[name] = replaced;
    parameters[name] = replaced?.value ?? fitted[name] ?? neutral;
  }
  return { parameters, own, ...(from !== undefined && { from }) };
}

function kernelModels(value: unknown, path: string, parametersOf: ParametersOf): DeviceModel['kernels'] {
  const models = table(value, path, ['default', ...TYPES] as const, (entry, where) =>
    kernelModel(entry, where, parametersOf),
  );
  const { default: common, ...others } = models;
  return common === undefined ? wrong(path, '"default" is missing') : { default: common, ...others };
}

/** A quantity, or the parameter of that name of a fit. */
function launchSeconds(value: unknown, path: string, parametersOf: ParametersOf): Quantity {
  if (typeof value !== 'object' || value === null || !('fit' in value)) {
    return quantity(value, path, 'seconds');
  }
  const row = fields(value, path, ['fit', 'evidence', 'source']);
  const fit = text(row.fit, `${path}.fit`);
  const fitted = parametersOf(fit).launchSeconds;
  if (fitted === undefined) wrong(path, `the fit "${fit}" has no launchSeconds`);
  return { value: fitted, ...origin(row, path) };
}

function multiplyType(value: unknown, path: string): MultiplyType {
  const row = fields(value, path, ['type', 'evidence', 'source']);
  return { type: oneOf(row.type, `${path}.type`, 'type', TYPES), ...origin(row, path) };
}

function systolic(value: unknown, path: string): SystolicArray {
  const row = fields(value, path, ['rows', 'columns', 'count', 'clockHertz'], ['buffer']);
  const array = {
    rows: quantity(row.rows, `${path}.rows`, 'count'),
    columns: quantity(row.columns, `${path}.columns`, 'count'),
    count: quantity(row.count, `${path}.count`, 'count'),
    clockHertz: quantity(row.clockHertz, `${path}.clockHertz`, 'hertz'),
  };
  if (row.buffer === undefined) return array;
  const buffer = fields(row.buffer, `${path}.buffer`, ['bytes', 'bytesPerSecond', 'accumulatorRows']);
  return {
    ...array,
    buffer: {
      bytes: quantity(buffer.bytes, `${path}.buffer.bytes`, 'bytes'),
      bytesPerSecond: quantity(buffer.bytesPerSecond, `${path}.buffer.bytesPerSecond`, 'bytes/s'),
      accumulatorRows: wholeNumber(buffer.accumulatorRows, `${path}.buffer.accumulatorRows`),
    },
  };
}

function memoryOverhead(value: unknown, path: string): MemoryOverhead {
  const row = fields(value, path, ['reservedBytes', 'fragmentation']);
  const fragmentation = quantity(row.fragmentation, `${path}.fragmentation`, 'ratio');
  if (fragmentation.value < 1) wrong(`${path}.fragmentation`, 'it must be 1 or more');
  return { reservedBytes: quantity(row.reservedBytes, `${path}.reservedBytes`, 'bytes'), fragmentation };
}

function originOnly(value: unknown, path: string): ReturnType<typeof origin> {
  return origin(fields(value, path, ['evidence', 'source']), path);
}

export function wholeNumber(value: unknown, path: string): Quantity {
  const read = quantity(value, path, 'count');
  return Number.isInteger(read.value) ? read : wrong(path, 'expected a whole number');
}

/** Reads every present key of `choices` by `read`. */
function table<K extends string, T>(
  value: unknown,
  path: string,
  choices: readonly K[],
  read: (entry: unknown, path: string) => T,
): { readonly [P in K]?: T } {
  const row = fields(value, path, [], choices);
  const result: { [P in K]?: T } = {};
  for (const key of choices) if (row[key] !== undefined) result[key] = read(row[key], `${path}.${key}`);
  return result;
}

/** A device model from its JSON entry. Throws a UserError such as `device k40: memoryBytes: expected a size …`. */
export function readDevice(entry: unknown, parametersOf: ParametersOf): DeviceModel {
  const required = ['id', 'name', 'kind', 'year', 'peak', 'memoryBytes', 'memoryBytesPerSecond'];
  const row = fields(
    entry,
    'device',
    [...required, 'streamShare', 'launchSeconds', 'kernels'],
    [
      ...['powerWatts', 'multiplyType', 'vectorOpsPerSecond', 'multiprocessors', 'systolic'],
      ...['cores', 'dispatchSeconds', 'copyEngines', 'memoryOverhead', 'fusesElementwise'],
    ],
  );
  const id = text(row.id, 'device: id');
  const path = `device ${id}`;
  const at = (key: string): string => `${path}: ${key}`;
  if (!Number.isInteger(row.year)) wrong(at('year'), 'expected a year');

  const peak = table(row.peak, at('peak'), TYPES, (value, where) => quantity(value, where, 'flop/s'));
  if (Object.keys(peak).length === 0) wrong(at('peak'), 'a device computes in at least one type');
  const chosen =
    row.multiplyType === undefined
      ? undefined
      : table(
          row.multiplyType,
          at('multiplyType'),
          Object.keys(DTYPE_BYTES) as (keyof typeof DTYPE_BYTES)[],
          multiplyType,
        );
  for (const [from, to] of Object.entries(chosen ?? {})) {
    if (peak[to.type] === undefined) wrong(at(`multiplyType.${from}`), `there is no peak for ${to.type}`);
  }

  return {
    id,
    name: text(row.name, at('name')),
    kind: oneOf(row.kind, at('kind'), 'kind of device', KINDS),
    year: row.year as number,
    peak,
    memoryBytes: quantity(row.memoryBytes, at('memoryBytes'), 'bytes'),
    memoryBytesPerSecond: quantity(row.memoryBytesPerSecond, at('memoryBytesPerSecond'), 'bytes/s'),
    launchSeconds: launchSeconds(row.launchSeconds, at('launchSeconds'), parametersOf),
    streamShare: quantity(row.streamShare, at('streamShare'), 'ratio'),
    kernels: kernelModels(row.kernels, at('kernels'), parametersOf),
    ...(row.vectorOpsPerSecond !== undefined && {
      vectorOpsPerSecond: quantity(row.vectorOpsPerSecond, at('vectorOpsPerSecond'), 'flop/s'),
    }),
    ...(row.multiprocessors !== undefined && {
      multiprocessors: wholeNumber(row.multiprocessors, at('multiprocessors')),
    }),
    ...(row.powerWatts !== undefined && { powerWatts: quantity(row.powerWatts, at('powerWatts'), 'watts') }),
    ...(row.cores !== undefined && { cores: wholeNumber(row.cores, at('cores')) }),
    ...(row.dispatchSeconds !== undefined && {
      dispatchSeconds: quantity(row.dispatchSeconds, at('dispatchSeconds'), 'seconds'),
    }),
    ...(row.copyEngines !== undefined && { copyEngines: wholeNumber(row.copyEngines, at('copyEngines')) }),
    ...(row.memoryOverhead !== undefined && {
      memoryOverhead: memoryOverhead(row.memoryOverhead, at('memoryOverhead')),
    }),
    ...(row.fusesElementwise !== undefined && {
      fusesElementwise: originOnly(row.fusesElementwise, at('fusesElementwise')),
    }),
    ...(chosen !== undefined && { multiplyType: chosen }),
    ...(row.systolic !== undefined && { systolic: systolic(row.systolic, at('systolic')) }),
  };
}

/** A link model from its JSON entry. */
export function readLink(entry: unknown): LinkModel {
  const required = ['id', 'name', 'bytesPerSecond', 'rawBytesPerSecond', 'latencySeconds'];
  const row = fields(entry, 'link', required, ['messageSeconds', 'inSwitchShare']);
  const id = text(row.id, 'link: id');
  const at = (key: string): string => `link ${id}: ${key}`;
  return {
    id,
    name: text(row.name, at('name')),
    bytesPerSecond: quantity(row.bytesPerSecond, at('bytesPerSecond'), 'bytes/s'),
    rawBytesPerSecond: quantity(row.rawBytesPerSecond, at('rawBytesPerSecond'), 'bytes/s'),
    latencySeconds: quantity(row.latencySeconds, at('latencySeconds'), 'seconds'),
    ...(row.messageSeconds !== undefined && {
      messageSeconds: quantity(row.messageSeconds, at('messageSeconds'), 'seconds'),
    }),
    ...(row.inSwitchShare !== undefined && {
      inSwitchShare: quantity(row.inSwitchShare, at('inSwitchShare'), 'ratio'),
    }),
  };
}

/** A link as a scenario writes it in place. */
export interface LinkDescription {
  readonly name?: string;
  /** What large messages get, per direction, e.g. "10 Gb/s". */
  readonly bandwidth: string;
  /** Of one such link, e.g. "20 us"; a message from host to host over a switch crosses two. May be "0 s". */
  readonly latency: string;
  /** Time that each message occupies it besides its bytes, e.g. "10 ns"; none unless given. */
  readonly overhead?: string;
}

/** A link model from its description in a scenario: all of the bandwidth is usable. */
export function linkModel({
  bandwidth,
  latency,
  overhead,
  name = `${bandwidth}, ${latency}`,
}: LinkDescription): LinkModel {
  const given = (value: number): Quantity => ({
    value,
    evidence: 'assumed',
    source: 'given in the scenario',
  });
  const rate = given(number(bandwidth, 'bandwidth', 'bytes/s'));
  return {
    id: name,
    name,
    bytesPerSecond: rate,
    rawBytesPerSecond: rate,
    latencySeconds: given(number(latency, 'latency', 'seconds', true)),
    ...(overhead !== undefined && { messageSeconds: given(number(overhead, 'overhead', 'seconds', true)) }),
  };
}
