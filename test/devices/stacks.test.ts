import { describe, expect, it } from 'vitest';
import { CATALOG, catalogWith } from '../../devices/catalog/catalog.ts';
import { findFit } from '../../devices/catalog/fits.ts';
import { readStack, stackIds } from '../../devices/catalog/stacks.ts';
import { blockKey } from '../../devices/stack.ts';

const at = (value: string) => ({ value, evidence: 'assumed', source: 'a test' });
const entry = {
  id: 'one',
  name: 'One',
  year: 2020,
  dispatchSeconds: at('10 us'),
  stepSeconds: at('1 ms'),
  fusesElementwise: true,
  overlapsGradients: false,
};

describe('stacks of the catalog', () => {
  it.each([...stackIds])('%s: every number has a source', (id) => {
    const { dispatchSeconds, stepSeconds, networkShare } = CATALOG.stack(id);
    for (const { value, source } of [dispatchSeconds, stepSeconds, ...(networkShare ? [networkShare] : [])]) {
      expect(value).toBeGreaterThan(0);
      expect(source).not.toBe('');
    }
  });

  it('names the nearest where there is none', () => {
    expect(() => CATALOG.stack('pytorhc')).toThrow('did you mean "pytorch"');
  });

  it('takes fitted numbers from their fits, and folds replace them', () => {
    const { parameters } = findFit('megatron-deepspeed-a100');
    const stack = CATALOG.stack('megatron-deepspeed');
    expect(stack.dispatchSeconds.value).toBe(parameters.dispatchSeconds);
    const key = blockKey('block', { hidden: 1024, heads: 16, sequence: 1024, tensor: 1, micro_batch: 1 });
    expect(stack.measuredBlocks!.seconds[key]).toBe(parameters[key]);
    const other = catalogWith({ 'megatron-deepspeed-a100': { dispatchSeconds: 1e-6 } }).stack(
      'megatron-deepspeed',
    );
    expect(other.dispatchSeconds.value).toBe(1e-6);
    expect(other.measuredBlocks!.seconds[key]).toBeUndefined();
  });
});

describe('an entry', () => {
  const none = () => ({});

  it('is read as it is written', () => {
    expect(readStack(entry, none)).toMatchObject({
      id: 'one',
      year: 2020,
      dispatchSeconds: { value: 1e-5 },
      fusesElementwise: true,
    });
  });

  it.each([
    [
      { ...entry, dispatchSecond: at('1 us') },
      'unknown key "dispatchSecond"; did you mean "dispatchSeconds"?',
    ],
    [{ ...entry, fusesElementwise: 'yes' }, 'stack one: fusesElementwise: expected true or false'],
    [{ ...entry, stepSeconds: at('soon') }, 'stack one: stepSeconds'],
    [
      { ...entry, dispatchSeconds: { fit: 'x', evidence: 'measured', source: 'y' } },
      'the fit x has no such parameter',
    ],
  ])('that is wrong says where: %#', (wrong, message) => {
    expect(() => readStack(wrong, none)).toThrow(message);
  });
});
