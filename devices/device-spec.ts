import { UserError, unknownName } from '../base/errors.ts';

/** A partial device specification, taken apart. A missing part matches everything. */
export interface DeviceSpec {
  readonly job?: string;
  readonly task?: number;
  /** CPU, GPU, TPU or ASIC. */
  readonly kind?: string;
  readonly index?: number;
}

const KINDS = ['CPU', 'GPU', 'TPU', 'ASIC'];
const PARTS = ['job', 'replica', 'task', 'device'];
const JOB = /^[A-Za-z]\w*$/;
const NUMBER = /^\d{1,9}$/;

/**
 * Reads a TensorFlow device specification: any of `/job:worker`, `/replica:0`, `/task:17` and `/device:GPU:1`,
 * each at most once, where `*` or leaving a part out means any. `/cpu:0` and `/gpu:0` are old spellings of
 * `/device:CPU:0` and `/device:GPU:0`. There is one replica, 0, as in all of TensorFlow's distributed graphs.
 */
export function parseDeviceSpec(spec: string): DeviceSpec {
  const wrong = (what: string): never => {
    throw new UserError(`device specification ${JSON.stringify(spec)}: ${what}`);
  };
  if (spec === '') return {};
  if (!spec.startsWith('/')) wrong('it must start with "/", e.g. "/job:worker/task:0/device:GPU:0"');
  const seen = new Set<string>();
  let result: DeviceSpec = {};

  const number = (part: string, text: string): number | undefined => {
    if (text === '*') return undefined;
    return NUMBER.test(text) ? Number(text) : wrong(`"${part}" needs a number or "*"`);
  };
  for (const part of spec.slice(1).split('/')) {
    const [written = '', ...values] = part.split(':');
    const old = written === 'cpu' || written === 'gpu' || written === 'tpu';
    const name = old ? 'device' : written;
    const [first = '', second = '*'] = old ? [written.toUpperCase(), ...values] : values;
    if (!PARTS.includes(name)) wrong(unknownName('part', written, PARTS));
    if (seen.has(name)) wrong(`"${name}" is given twice`);
    seen.add(name);
    if (values.length > (name === 'device' && !old ? 2 : 1)) wrong(`"${part}" has too many colons`);
    if (first === '')
      wrong(`"${part}" needs a value, e.g. ${name === 'job' ? '"job:worker"' : `"${name}:0"`}`);

    if (name === 'job') {
      if (first !== '*' && !JOB.test(first)) wrong(`"${part}" is not the name of a job`);
      if (first !== '*') result = { ...result, job: first };
    } else if (name === 'task') {
      const task = number(part, first);
      if (task !== undefined) result = { ...result, task };
    } else if (name === 'replica') {
      if ((number(part, first) ?? 0) !== 0) wrong(`"${part}": there is only replica 0`);
    } else {
      const kind = first.toUpperCase();
      if (kind !== '*' && !KINDS.includes(kind)) wrong(unknownName('kind of device', first, KINDS));
      const index = number(part, second);
      if (kind !== '*') result = { ...result, kind };
      if (index !== undefined) result = { ...result, index };
    }
  }
  return result;
}

const FULL_NAME = /^\/job:(\w+)\/task:(\d+)\/device:([A-Z]+):(\d+)$/;

/** A test of full device names against `spec`, which is read once. Names of another form match only ''. */
export function deviceMatcher(spec: string): (name: string) => boolean {
  const { job, task, kind, index } = parseDeviceSpec(spec);
  if (job === undefined && task === undefined && kind === undefined && index === undefined) return () => true;
  return (name) => {
    const parts = FULL_NAME.exec(name);
    if (parts === null) return false;
    return (
      (job === undefined || parts[1] === job) &&
      (task === undefined || Number(parts[2]) === task) &&
      (kind === undefined || parts[3] === kind) &&
      (index === undefined || Number(parts[4]) === index)
    );
  };
}

/** Whether the device of this full name satisfies the partial specification; '' is satisfied by all. */
export const matchesDevice = (spec: string, name: string): boolean => deviceMatcher(spec)(name);
