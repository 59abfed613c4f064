import { formatPercent, formatPrice, parseQuantity } from '../base/units.ts';
import { BUSY, POWER_SOURCES, WAITING } from '../devices/power.ts';
import type { Assumption } from './results.ts';
import type { Scenario } from './schema.ts';

/** What costs and energies rest on besides the catalog's prices and powers: the scenario's prices, and how power goes with work. */
export function economyFacts({ workers, parameter_servers: servers }: Scenario['cluster']): Assumption[] {
  const prices = [
    { what: 'price of a worker host', price: workers.price },
    { what: 'price of a parameter server', price: servers?.price },
  ].flatMap(({ what, price }): Assumption[] =>
    price === undefined
      ? []
      : [
          {
            what,
            value: formatPrice(parseQuantity(price, 'dollars/h')),
            evidence: 'scenario',
            source: 'the scenario',
            decides: 'economy',
          },
        ],
  );
  const shares = [
    { state: 'computes', share: BUSY },
    { state: 'waits', share: WAITING },
  ].map(
    ({ state, share }): Assumption => ({
      what: `power of a device that ${state}, as a share of its rated power`,
      value: `${formatPercent(share.mean)}, at least ${formatPercent(share.least)}`,
      evidence: 'measured',
      source: POWER_SOURCES.join('; '),
      decides: 'economy',
    }),
  );
  return [...prices, ...shares];
}
