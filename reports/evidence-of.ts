import { formatInteger } from '../base/format.ts';
import type { Assumption, Results } from '../scenarios/results.ts';
import type { Figure } from './figure.ts';

/** Best known first. */
export const EVIDENCE: readonly Assumption['evidence'][] = ['measured', 'datasheet', 'assumed', 'scenario'];

type RestsOn = NonNullable<Figure['restsOn']>;

/** What kind of figures a number decides. */
function decidedBy({ decides }: Assumption): RestsOn {
  if (decides === undefined) return 'times';
  return decides === 'economy' ? 'cost' : decides;
}

/** Whether figures of a kind rest on a number: what costs and draws is so for a time. */
function rests(on: RestsOn, assumption: Assumption): boolean {
  const decided = decidedBy(assumption);
  return decided === on || (on === 'cost' && decided === 'times');
}

/** HTML that follows a figure: how many of the numbers that it rests on are known how well, each with a link to them. */
export function evidenceOf({ assumptions }: Pick<Results, 'assumptions'>): (figure: Figure) => string {
  const texts = new Map<RestsOn, string>();
  return ({ restsOn = 'times' }) => {
    if (restsOn === 'nothing') return '';
    const known = texts.get(restsOn);
    if (known !== undefined) return known;
    const found = assumptions.filter((assumption) => rests(restsOn, assumption));
    const badges = EVIDENCE.flatMap((evidence) => {
      const count = found.filter((assumption) => assumption.evidence === evidence).length;
      if (count === 0) return [];
      const words = evidence === 'scenario' ? 'yours' : evidence;
      return [
        `<a class="badge ${evidence}" href="#assumptions-${evidence}">${formatInteger(count)} ${words}</a>`,
      ];
    });
    const text = badges.length === 0 ? '' : `<span class="rests">Rests on ${badges.join(' ')}</span>`;
    texts.set(restsOn, text);
    return text;
  };
}
