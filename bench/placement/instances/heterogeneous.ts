import { type GivenEdge, type Instance, instanceOf } from './instance.ts';

/**
 * A small program on unrelated machines, in the format of Santiago et al. (Applied Sciences 10, 2020): after `#tasks` rows
 * `0: 11.00, 13.00, 9.00` of time per machine, after `#edges` rows `0: 0, 1, 11.00` of from, to and cost.
 */
export function readUnrelated(name: string, text: string): Instance {
  const seconds: number[][] = [];
  const edges: GivenEdge[] = [];
  let section = '';
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (line.startsWith('#')) section = line;
    const [index, row] = line.split(':');
    if (row === undefined) continue;
    const values = row.split(',').map(Number);
    if (values.some(Number.isNaN)) throw new Error(`${name}: no numbers in "${line}"`);
    if (section === '#tasks') seconds[Number(index)] = values;
    if (section === '#edges') edges.push({ from: values[0]!, to: values[1]!, cost: values[2]! });
  }
  return instanceOf(name, seconds, edges, seconds[0]!.length);
}
