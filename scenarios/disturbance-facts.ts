import { formatFactor } from '../base/format.ts';
import { formatPercent } from '../base/units.ts';
import type { Assumption } from './results.ts';
import type { Scenario } from './schema.ts';

/** What the scenario says of disturbances, for the table of assumptions: as it is written there. */
export function disturbanceFacts({ noise, failures }: Scenario): Assumption[] {
  const { compute, stragglers, device_spread, transients, links = [] } = noise;
  const facts: Assumption[] = [];
  const add = (what: string, value: string | undefined): void => {
    if (value === undefined) return;
    facts.push({ what, value, evidence: 'scenario', source: 'the scenario file' });
  };
  add("spread of a worker's compute time per step (log-normal sigma)", String(compute.sigma));
  add('chance that a worker straggles in a step', formatPercent(stragglers.probability));
  add("a straggler's compute time", formatFactor(stragglers.slowdown));
  add('spread of each op (log-normal sigma)', compute.op_sigma?.toString());
  add("workers' compute times drawn from measured ones", compute.empirical);
  add('spread of speed from device to device (log-normal sigma)', device_spread?.toString());
  if (transients !== undefined) {
    const { hosts, every, last, slowdown } = transients;
    add(
      `slow spells of devices of ${hosts}`,
      `every ${every} for ${last} on average, ${formatFactor(slowdown)} as long`,
    );
  }
  for (const link of links) {
    const left = `${formatPercent(link.speed)} of the bandwidth left`;
    add(
      `${link.kind} link ${link.link}`,
      link.kind === 'slow' ? left : `up ${link.up}, down ${link.down} on average; ${left} when down`,
    );
  }
  if (failures === undefined) return facts;
  const { mtbf, script = [], detect, restart, checkpoint } = failures;
  const repaired = (repair: string | undefined): string =>
    repair === undefined ? 'never repaired' : `repaired after ${repair}`;
  if (mtbf?.host !== undefined) {
    add(`mean time between failures of a host (${mtbf.hosts})`, `${mtbf.host}, ${repaired(mtbf.repair)}`);
  }
  if (mtbf?.device !== undefined) {
    add(`mean time between failures of a device (${mtbf.hosts})`, `${mtbf.device}, ${repaired(mtbf.repair)}`);
  }
  for (const { at, host, device, repair } of script) {
    add(`failure of ${host ?? device}`, `at ${at}, ${repaired(repair)}`);
  }
  add('until a failure is noticed', detect);
  add('until processes run again', restart);
  if (checkpoint !== undefined) {
    const { every, write, restore } = checkpoint;
    const when = typeof every === 'number' ? `every ${every} updates` : `every ${every}`;
    add(
      'checkpoints',
      `${every === 'optimal' ? 'as often as loses least (Daly 2006)' : when}, written in ${write}, read in ${restore}`,
    );
  }
  return facts;
}
