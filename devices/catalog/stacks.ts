import { UserError, unknownName } from '../../base/errors.ts';
import type { MeasuredBlocks, StackModel } from '../stack.ts';
import { findFit } from './fits.ts';
import { fields, origin, type ParametersOf, quantity, text, wrong } from './read.ts';
import megatron from './stacks/megatron.json' with { type: 'json' };
import megatronDeepspeed from './stacks/megatron-deepspeed.json' with { type: 'json' };
import nvidiaGraphs from './stacks/nvidia-graphs.json' with { type: 'json' };
import nvidiaOptimized from './stacks/nvidia-optimized.json' with { type: 'json' };
import pytorch from './stacks/pytorch.json' with { type: 'json' };
import tensorflow1 from './stacks/tensorflow-1.json' with { type: 'json' };
import xla from './stacks/xla.json' with { type: 'json' };

const STACKS: readonly { readonly id: string }[] = [
  tensorflow1,
  xla,
  pytorch,
  nvidiaOptimized,
  nvidiaGraphs,
  megatron,
  megatronDeepspeed,
];

/** Ids of all software stacks, by age. */
export const stackIds: readonly string[] = STACKS.map(({ id }) => id);

/** Stacks by id, with the parameters that are given for fits. */
export function stackLookup(parametersOf: ParametersOf): (id: string) => StackModel {
  return (id) => {
    const entry = STACKS.find((stack) => stack.id === id);
    if (entry === undefined) throw new UserError(unknownName('software stack', id, stackIds));
    return readStack(entry, parametersOf);
  };
}

/** The stack of this id, or a UserError that names the nearest valid id. */
export const findStack: (id: string) => StackModel = stackLookup((id) => findFit(id).parameters);

/** A stack from its JSON entry; a number that has a `fit` instead of a value is that fit's parameter of the same name. */
export function readStack(entry: unknown, parametersOf: ParametersOf): StackModel {
  const times = ['dispatchSeconds', 'stepSeconds'] as const;
  const required = ['id', 'name', 'year', ...times, 'fusesElementwise', 'overlapsGradients'];
  const optional = [
    'networkShare',
    'dropoutPercent',
    'measuredBlocks',
    'mergesStatistics',
    'castsAutomatically',
  ];
  const row = fields(entry, 'stack', required, optional);
  const id = text(row.id, 'stack: id');
  const at = (key: string): string => `stack ${id}: ${key}`;
  const flag = (
    key: 'fusesElementwise' | 'overlapsGradients' | 'mergesStatistics' | 'castsAutomatically',
  ): boolean => {
    const value = row[key];
    return typeof value === 'boolean' ? value : wrong(at(key), 'expected true or false');
  };
  const given = (key: (typeof times)[number] | 'networkShare', dimension: 'seconds' | 'ratio') => {
    const value = row[key];
    if (typeof value !== 'object' || value === null || !('fit' in value))
      return quantity(value, at(key), dimension);
    const reference = fields(value, at(key), ['fit', 'evidence', 'source']);
    const fitted = parametersOf(text(reference.fit, at(key)))[key];
    if (fitted === undefined) wrong(at(key), `the fit ${reference.fit} has no such parameter`);
    return { value: fitted!, ...origin(reference, at(key)) };
  };
  return {
    id,
    name: text(row.name, at('name')),
    year: row.year as number,
    dispatchSeconds: given('dispatchSeconds', 'seconds'),
    stepSeconds: given('stepSeconds', 'seconds'),
    ...(row.networkShare !== undefined && { networkShare: given('networkShare', 'ratio') }),
    ...(row.dropoutPercent !== undefined && {
      dropoutPercent: quantity(row.dropoutPercent, at('dropoutPercent'), 'count'),
    }),
    ...(row.measuredBlocks !== undefined && {
      measuredBlocks: measuredBlocks(row.measuredBlocks, at('measuredBlocks'), parametersOf),
    }),
    ...(row.mergesStatistics !== undefined && { mergesStatistics: flag('mergesStatistics') }),
    ...(row.castsAutomatically !== undefined && { castsAutomatically: flag('castsAutomatically') }),
    fusesElementwise: flag('fusesElementwise'),
    overlapsGradients: flag('overlapsGradients'),
  };
}

function measuredBlocks(value: unknown, path: string, parametersOf: ParametersOf): MeasuredBlocks {
  const row = fields(value, path, ['fit', 'devices', 'evidence', 'source']);
  const { devices } = row;
  if (!Array.isArray(devices)) wrong(path, 'expected a list of devices');
  origin(row, path);
  return {
    devices: (devices as unknown[]).map((id, i) => text(id, `${path}.devices.${i}`)),
    seconds: parametersOf(text(row.fit, `${path}.fit`)),
  };
}
