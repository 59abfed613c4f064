import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatSeconds } from '../../base/units.ts';
import type { TimelineChart } from '../figure.ts';
import { clip, visible } from '../names.ts';
import { timeUnit } from '../time-unit.ts';
import { legend } from './marks.ts';
import { barAt } from './timeline-bars.ts';
import { addGestures } from './timeline-gestures.ts';
import { barsFound, labelsWith, shownLanes } from './timeline-lanes.ts';
import { LANE, paintTimeline, RULER, type TimelineScene } from './timeline-paint.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const MOST_HEIGHT = 640;
const SHADES = 3;
/** Nearest zoom: this share of the step fills the width. */
const CLOSEST = 1e-5;
const KEYS =
  'Drag or Shift + wheel to move; Ctrl + wheel or two fingers to zoom. Keys: arrows walk from bar to bar, + and − zoom, Enter zooms to a bar, n finds the next, Esc shows the whole step.';

/** Position of a bar: shown lane, and place in it. */
interface Place {
  readonly lane: number;
  readonly position: number;
}

/** What the reader asked for stays when the chart is drawn again at another width. */
interface Asked {
  lane: string;
  words: string;
  critical: boolean;
  /** Ends what the last drawing listens to. */
  drawn: AbortController;
}
const askedOf = new WeakMap<HTMLElement, Asked>();

/** Lanes of bars on a canvas, with zoom, search, tooltip and keys. */
export function drawTimeline(
  box: HTMLElement,
  { timeline }: TimelineChart,
  { label: name }: { readonly label: string },
): void {
  const asked = askedOf.get(box) ?? { lane: '', words: '', critical: true, drawn: new AbortController() };
  askedOf.set(box, asked);
  asked.drawn.abort();
  asked.drawn = new AbortController();

  const { lanes: allLanes, from, to } = shownLanes(timeline);
  const { start, end, bytes, label } = timeline;
  const labels = timeline.labels.map((text) => clip(visible(text), 160));
  const shades = Uint8Array.from(
    labels,
    (text) => hash(text.slice(0, text.lastIndexOf('/') + 1) || text) % SHADES,
  );
  const hasCritical = timeline.critical.lane.length > 0;

  const tools = document.createElement('div');
  tools.className = 'tools';
  const hint = document.createElement('p');
  hint.id = `${box.dataset.chart}-keys`;
  hint.className = 'note keys';
  hint.textContent = KEYS;
  const view = document.createElement('div');
  view.className = 'lanes';
  view.tabIndex = 0;
  view.setAttribute('role', 'application');
  view.setAttribute('aria-roledescription', 'timeline');
  view.setAttribute('aria-label', name);
  view.setAttribute('aria-describedby', hint.id);
  const canvas = document.createElement('canvas');
  canvas.style.position = 'sticky';
  canvas.style.top = '0';
  const filler = document.createElement('div');
  view.append(canvas, filler);
  const selection = document.createElement('p');
  selection.className = 'selection';
  selection.setAttribute('aria-live', 'polite');
  const kinds = legend([
    { name: 'compute', tone: 'compute', mark: 'square' },
    { name: 'transfer', tone: 'communication', mark: 'square' },
    ...(hasCritical ? [{ name: 'critical path', tone: 'bound', mark: 'rule' } as const] : []),
  ]);
  box.replaceChildren(kinds, tools, view, selection, hint);

  let lanes = allLanes;
  let found: Uint8Array | undefined;
  let hits: readonly Place[] = [];
  let viewFrom = from;
  let viewTo = to;
  let selected: Place | undefined;
  let scheduled = false;
  let height = 0;
  const width = view.clientWidth;
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const longest = Math.max(...allLanes.map((lane) => lane.name.length));
  const gutter = Math.round(Math.min(width * 0.38, 24 + longest * 6.4, 190));
  const unit = timeUnit(to - from);
  const perPixel = (): number => (viewTo - viewFrom) / (width - gutter);
  const barOf = ({ lane, position }: Place): number => lanes[lane]!.bars[position]!;

  function resize(): void {
    const full = RULER + LANE * lanes.length + 4;
    height = Math.min(full, MOST_HEIGHT);
    view.style.height = `${height + 2}px`;
    filler.style.height = `${full - height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }

  function paint(): void {
    scheduled = false;
    const style = getComputedStyle(document.documentElement);
    const scene: TimelineScene = {
      ...{ timeline, lanes, labels, shades, found, origin: from, from: viewFrom, to: viewTo, unit },
      ...{ width, height, gutter, ratio, scrolled: view.scrollTop },
      showsCritical: hasCritical && asked.critical,
      selected: selected && { lane: selected.lane, bar: barOf(selected) },
      colour: (property) => style.getPropertyValue(`--${property}`),
    };
    paintTimeline(canvas.getContext('2d')!, scene);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(paint);
  }

  function show(newFrom: number, newTo: number): void {
    const span = Math.min(to - from, Math.max((to - from) * CLOSEST, newTo - newFrom));
    const middle = (newFrom + newTo) / 2;
    viewFrom = Math.max(from, Math.min(middle - span / 2, to - span));
    viewTo = viewFrom + span;
    schedule();
  }
  const zoom = (factor: number, at = (viewFrom + viewTo) / 2): void =>
    show(at - (at - viewFrom) / factor, at + (viewTo - at) / factor);
  const move = (seconds: number): void => show(viewFrom + seconds, viewTo + seconds);

  function describe(place: Place): string[] {
    const bar = barOf(place);
    return [
      labels[label[bar]!] ?? '',
      lanes[place.lane]!.name,
      `starts at ${formatSeconds(start[bar]! - from)}`,
      `takes ${formatSeconds(end[bar]! - start[bar]!)}`,
      ...(bytes[bar]! > 0 ? [`moves ${formatBytes(bytes[bar]!)}`] : []),
    ];
  }

  function select(place: Place): void {
    selected = place;
    const bar = barOf(place);
    const span = viewTo - viewFrom;
    if (start[bar]! < viewFrom || end[bar]! > viewTo) {
      const middle = (start[bar]! + end[bar]!) / 2;
      show(middle - span / 2, middle + span / 2);
    }
    const top = place.lane * LANE;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + LANE + RULER > view.scrollTop + height) view.scrollTop = top + LANE + RULER - height;
    selection.textContent = describe(place).join(' · ');
    schedule();
  }

  /** Selects the bar so many lanes down and bars later than the selected one, as far as there are any. */
  function step(lanesDown: number, barsOn: number): void {
    if (selected === undefined) {
      select({ lane: 0, position: 0 });
      return;
    }
    const lane = Math.max(0, Math.min(selected.lane + lanesDown, lanes.length - 1));
    const { bars } = lanes[lane]!;
    const position =
      lane === selected.lane
        ? Math.max(0, Math.min(selected.position + barsOn, bars.length - 1))
        : barAt(bars, timeline, start[barOf(selected)]!, Number.POSITIVE_INFINITY);
    select({ lane, position });
  }

  /** Selects the next of the bars that are looked for, the first after the last. */
  function next(): void {
    if (hits.length === 0) return;
    const at = selected === undefined ? -1 : start[barOf(selected)]!;
    const isAfter = ({ lane, position }: Place): boolean => {
      const time = start[lanes[lane]!.bars[position]!]!;
      return time > at || (time === at && selected !== undefined && lane > selected.lane);
    };
    select(hits.find(isAfter) ?? hits[0]!);
  }

  const keys: { readonly [key: string]: () => void } = {
    ArrowRight: () => step(0, 1),
    ArrowLeft: () => step(0, -1),
    ArrowDown: () => step(1, 0),
    ArrowUp: () => step(-1, 0),
    Home: () => step(0, Number.NEGATIVE_INFINITY),
    End: () => step(0, Number.POSITIVE_INFINITY),
    '+': () => zoom(2),
    '=': () => zoom(2),
    '-': () => zoom(0.5),
    n: next,
    Escape: () => show(from, to),
    Enter: () => {
      if (selected === undefined) return;
      const bar = barOf(selected);
      const margin = (end[bar]! - start[bar]!) * 2 || (to - from) * CLOSEST;
      show(start[bar]! - margin, end[bar]! + margin);
    },
  };
  view.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });

  const timeAt = (clientX: number): number =>
    viewFrom + (clientX - canvas.getBoundingClientRect().left - gutter) * perPixel();
  function placeAt(clientX: number, clientY: number): Place | undefined {
    const { left, top } = canvas.getBoundingClientRect();
    if (clientX - left < gutter || clientY - top < RULER) return undefined;
    const lane = Math.floor((clientY - top - RULER + view.scrollTop) / LANE);
    const shown = lanes[lane];
    if (shown === undefined) return undefined;
    const position = barAt(shown.bars, timeline, timeAt(clientX), 3 * perPixel());
    return position < 0 ? undefined : { lane, position };
  }
  addGestures(canvas, {
    zoom: (factor, clientX) => zoom(factor, Math.max(viewFrom, timeAt(clientX))),
    move: (pixels) => move(pixels * perPixel()),
    press: (clientX, clientY) => {
      const place = placeAt(clientX, clientY);
      if (place !== undefined) select(place);
    },
    hover: (clientX, clientY) => {
      const place = placeAt(clientX, clientY);
      if (place === undefined) hideTooltip();
      else showTooltip(describe(place), clientX, clientY);
    },
    leave: hideTooltip,
  });
  view.addEventListener('scroll', schedule, { passive: true });
  const { signal } = asked.drawn;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', schedule, { signal });

  const button = (text: string, title: string, action: () => void): HTMLButtonElement => {
    const element = document.createElement('button');
    element.type = 'button';
    element.textContent = text;
    if (title !== text) element.setAttribute('aria-label', title);
    element.title = title;
    element.addEventListener('click', action);
    return element;
  };

  const status = document.createElement('p');
  status.setAttribute('role', 'status');
  /** Shows the lanes that are asked for, and in them what is looked for. */
  function ask(): void {
    lanes = asked.lane === '' ? allLanes : allLanes.filter(({ name: lane }) => lane === asked.lane);
    found = labelsWith(labels, asked.words);
    hits = found === undefined ? [] : barsFound(timeline, lanes, found);
    status.textContent =
      found === undefined ? '' : `${formatInteger(hits.length)} ${hits.length === 1 ? 'bar' : 'bars'} found`;
    selected = undefined;
    selection.textContent = '';
    resize();
    schedule();
  }
  const chooser = document.createElement('select');
  chooser.setAttribute('aria-label', 'Lanes shown');
  chooser.append(new Option('All lanes', ''), ...allLanes.map((lane) => new Option(lane.name, lane.name)));
  chooser.value = asked.lane;
  chooser.addEventListener('change', () => {
    asked.lane = chooser.value;
    ask();
  });
  const search = document.createElement('input');
  search.type = 'search';
  search.placeholder = 'Find ops';
  search.setAttribute('aria-label', 'Find ops by words of their names; Enter goes to the next');
  search.value = asked.words;
  search.addEventListener('input', () => {
    asked.words = search.value;
    ask();
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') next();
  });
  const critical = button('Critical path', 'Critical path', () => {
    asked.critical = !asked.critical;
    critical.setAttribute('aria-pressed', String(asked.critical));
    schedule();
  });
  critical.setAttribute('aria-pressed', String(asked.critical));

  tools.append(
    button('+', 'Zoom in', () => zoom(2)),
    button('−', 'Zoom out', () => zoom(0.5)),
    button('←', 'Earlier', () => move(-0.4 * (viewTo - viewFrom))),
    button('→', 'Later', () => move(0.4 * (viewTo - viewFrom))),
    button('Whole step', 'Whole step', () => show(from, to)),
    ...(hasCritical ? [critical] : []),
    chooser,
    search,
    status,
  );
  ask();
  paint();
}

/** FNV-1a, 32 bits: the same name has the same shade in every report. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
