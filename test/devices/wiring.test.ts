import { expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { findLink } from '../../devices/catalog/index.ts';
import { Wiring } from '../../devices/topologies/wiring.ts';

it('more links than memory holds are refused before they are made', () => {
  const wiring = new Wiring();
  const link = findLink('eth-10g');
  for (let i = 0; i < 2_000_000; i++) wiring.join('a', 'b', link);
  expect(() => wiring.join('a', 'b', link)).toThrow(UserError);
  expect(() => wiring.join('a', 'b', link)).toThrow('more than 2000000 links');
  expect(wiring.links).toHaveLength(4_000_000);
});
