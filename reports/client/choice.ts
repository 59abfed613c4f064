import type { ChoiceChart } from '../figure.ts';
import { drawInto } from './draw.ts';

/** A row of buttons, and the chart of the one that is pressed. What was chosen stays when the width changes. */
export function drawChoice(
  box: HTMLElement,
  chart: ChoiceChart,
  context: { width: number; label: string },
): void {
  const buttons = document.createElement('div');
  buttons.className = 'tools';
  buttons.setAttribute('role', 'group');
  buttons.setAttribute('aria-label', chart.label);
  const drawing = document.createElement('div');
  const choose = (chosen: number): void => {
    box.dataset.chosen = String(chosen);
    for (const [i, button] of [...buttons.children].entries()) {
      button.setAttribute('aria-pressed', String(i === chosen));
    }
    drawInto(drawing, chart.options[chosen]!.chart, context);
  };
  for (const [i, { name }] of chart.options.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => choose(i));
    buttons.append(button);
  }
  box.replaceChildren(buttons, drawing);
  choose(Number(box.dataset.chosen ?? 0));
}
