import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { Results } from '../../scenarios/results.ts';
import type { LiveFigure } from '../live/figures.ts';
import { commandLine, counts, type Positions, questionAt, startOf } from '../live/question.ts';
import { answered, type LiveSubject, liveSubjects } from '../live/subject.ts';
import { visible } from '../names.ts';
import { type Answer, Simulator } from './simulator.ts';

/** Between the last move and the question. */
const SETTLED_MS = 60;

/** Brings the panels of the page to life: each move of a control is simulated again. */
export function enliven(results: Results): void {
  const packed = document.getElementById('simulator')?.textContent;
  if (packed == null || typeof DecompressionStream === 'undefined' || typeof Worker === 'undefined') return;
  for (const subject of liveSubjects(results)) {
    const panel = document.getElementById(`${subject.id}-live`);
    if (panel !== null) enlivenPanel(panel, results, subject, new Simulator(packed));
  }
}

function enlivenPanel(
  panel: HTMLElement,
  results: Results,
  subject: LiveSubject,
  simulator: Simulator,
): void {
  const part = <E extends HTMLElement>(selector: string): E => panel.querySelector<E>(selector)!;
  const form = part<HTMLFormElement>('form');
  const state = part('.live-state');
  const sentence = part('.live-answer');
  const command = part('.live-set code');
  const save = part<HTMLButtonElement>('.live-save');
  const fields = new Map(
    [...panel.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[data-control]')].map((field) => [
      field.dataset.control!,
      field,
    ]),
  );
  const before = new Map(subject.figures.map((figure) => [figure.name, figure]));
  /** The changed scenario, and where the controls stood that made it; null where they make none. */
  let changed: unknown = null;
  let changedAt = '';

  const positions = (): Positions =>
    Object.fromEntries([...fields].map(([id, field]) => [id, Number(field.value)]));

  function label(at: Positions): void {
    for (const control of subject.controls.controls) {
      const field = fields.get(control.id)!;
      const on = counts(control, at);
      field.disabled = !on;
      field.closest('p')!.classList.toggle('off', !on);
      if (control.kind !== 'slider') continue;
      const { text } = control.stops[at[control.id]!]!;
      field.setAttribute('aria-valuetext', text);
      panel.querySelector(`output[for="${field.id}"]`)!.textContent = visible(text);
    }
  }

  function show(figures: readonly LiveFigure[]): void {
    for (const row of panel.querySelectorAll<HTMLElement>('[data-figure]')) {
      const figure = figures.find(({ name }) => name === row.dataset.figure);
      const change = row.querySelector<HTMLElement>('.live-change')!;
      const old = before.get(row.dataset.figure!);
      const against = figure?.against === old?.against ? '' : ` (${visible(figure?.against ?? '–')})`;
      row.querySelector('.live-now')!.textContent = `${figure?.text ?? '–'}${against}`;
      const { text, tone } = changeOf(figure, old);
      change.textContent = text;
      change.className = `number live-change ${tone}`;
    }
  }

  function tell(answer: Answer): void {
    panel.removeAttribute('aria-busy');
    state.classList.toggle('refused', answer.kind !== 'results');
    if (answer.kind !== 'results') {
      changed = null;
      show([]);
      sentence.textContent = '';
      const why = visible(answer.message.split('\n')[0]!);
      state.textContent =
        answer.kind === 'refusal' ? `This cannot be: ${why}` : `The simulation failed: ${why}`;
      return;
    }
    changed = answer.results.written;
    const figures = answered(answer.results);
    show(typeof figures === 'string' ? [] : figures);
    state.classList.toggle('refused', typeof figures === 'string');
    state.textContent =
      typeof figures === 'string'
        ? `This cannot be: ${visible(figures)}`
        : `Simulated in ${formatSeconds(answer.seconds)}.`;
    sentence.textContent = visible(answer.results.answers[0] ?? '');
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  async function ask(): Promise<void> {
    const at = positions();
    const question = questionAt(results, subject, at);
    command.textContent = commandLine(question);
    state.classList.remove('refused');
    state.textContent = 'Simulating …';
    panel.setAttribute('aria-busy', 'true');
    const began = performance.now();
    const answer = await simulator.ask(question, (share) => {
      if (performance.now() - began > 500) state.textContent = `Simulating … ${Math.floor(100 * share)} %`;
    });
    if (answer === undefined) return;
    changedAt = JSON.stringify(at);
    tell(answer);
  }
  const moved = (): void => {
    label(positions());
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), SETTLED_MS);
  };

  // Browsers keep what was moved when a page is loaded again.
  form.reset();
  form.addEventListener('input', moved);
  form.addEventListener('submit', (event) => event.preventDefault());
  // The fields have their first values only after the event.
  form.addEventListener('reset', () => setTimeout(moved));
  save.addEventListener('click', async () => {
    if (changedAt !== JSON.stringify(positions())) {
      clearTimeout(timer);
      await ask();
    }
    // Refused, or moved on meanwhile.
    if (changed === null || changedAt !== JSON.stringify(positions())) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${JSON.stringify(changed, null, 2)}\n`]));
    link.download = 'what-if.yaml';
    link.click();
    URL.revokeObjectURL(link.href);
  });

  label(startOf(subject));
  command.textContent = commandLine(questionAt(results, subject, startOf(subject)));
  panel.hidden = false;
}

/** By how much a figure differs from the report's, and whether that is better. */
function changeOf(
  now: LiveFigure | undefined,
  before: LiveFigure | undefined,
): { text: string; tone: '' | 'better' | 'worse' } {
  if (now?.value == null || before?.value == null) return { text: '–', tone: '' };
  if (now.value === before.value) return { text: 'none', tone: '' };
  if (before.value === 0 || now.against !== before.against) return { text: '–', tone: '' };
  const ratio = now.value / before.value - 1;
  const sign = ratio > 0 ? '+' : '−';
  // Of shares a share would be read as a difference.
  const text = now.text.endsWith(' %')
    ? `${sign}${formatPercent(Math.abs(now.value - before.value)).replace(' %', '')} points`
    : `${sign}${formatPercent(Math.abs(ratio))}`;
  return { text, tone: ratio > 0 === (now.better === 'more') ? 'better' : 'worse' };
}
