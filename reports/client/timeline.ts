// Hot: drawn again on every move of the pointer.
import { scaleLinear } from 'd3';
import { formatBytes, formatSeconds } from '../../base/units.ts';
import type { TimelineChart } from '../figure.ts';
import { clip, shortName, visible } from '../names.ts';
import { timeUnit } from '../time-unit.ts';
import type { DrawContext } from './context.ts';
import { legend } from './marks.ts';
import { barAt, firstAfter, laneBars } from './timeline-bars.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const RULER = 30;
const LANE = 24;
const BAR = 18;
const MOST_HEIGHT = 640;
const SHADES = ['', '-2', '-3'];
/** Nearest zoom: this share of the step fills the width. */
const CLOSEST = 1e-5;
const FONT =
  '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';
const KEYS =
  'Drag or Shift + wheel to move, Ctrl + wheel to zoom. Keys: arrows walk from bar to bar, + and − zoom, Enter zooms to a bar, Esc shows the whole step.';

/** Position of a bar: shown lane, and place in it. */
interface Place {
  readonly lane: number;
  readonly position: number;
}

/** Lanes of bars on a canvas, with zoom, tooltip and keys. Draws only what the view shows. */
export function drawTimeline(box: HTMLElement, { timeline }: TimelineChart, { label }: DrawContext): void {
  const { lanes, bars, from, to } = laneBars(timeline);
  const { start, end, bytes } = timeline;
  const names = lanes.map((lane) => shortName(timeline.lanes[lane]!.name, 48));
  const kinds = lanes.map((lane) =>
    timeline.lanes[lane]!.kind === 'transfer' ? 'communication' : 'compute',
  );
  const labels = timeline.labels.map((name) => clip(visible(name), 160));
  const shades = labels.map(
    (name) => SHADES[hash(name.slice(0, name.lastIndexOf('/') + 1) || name) % SHADES.length]!,
  );

  const tools = document.createElement('div');
  tools.className = 'tools';
  const hint = document.createElement('p');
  hint.id = `${box.dataset.chart}-keys`;
  hint.textContent = KEYS;
  const view = document.createElement('div');
  view.className = 'lanes';
  view.tabIndex = 0;
  view.setAttribute('role', 'application');
  view.setAttribute('aria-roledescription', 'timeline');
  view.setAttribute('aria-label', label);
  view.setAttribute('aria-describedby', hint.id);
  const canvas = document.createElement('canvas');
  const filler = document.createElement('div');
  const selection = document.createElement('p');
  selection.className = 'selection';
  selection.setAttribute('aria-live', 'polite');
  view.append(canvas, filler);
  const kindsShown = legend([
    { name: 'compute', tone: 'compute', mark: 'square' },
    { name: 'transfer', tone: 'communication', mark: 'square' },
  ]);
  box.replaceChildren(kindsShown, tools, view, selection);

  const full = RULER + LANE * lanes.length + 4;
  const height = Math.min(full, MOST_HEIGHT);
  view.style.height = `${height + 2}px`;
  filler.style.height = `${full - height}px`;
  canvas.style.position = 'sticky';
  canvas.style.top = '0';
  const width = view.clientWidth;
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  const gutter = Math.round(
    Math.min(width * 0.38, 24 + Math.max(...names.map((name) => name.length)) * 6.4, 190),
  );
  const unit = timeUnit(to - from);

  let viewFrom = from;
  let viewTo = to;
  let selected: Place | undefined;
  let scheduled = false;

  const timeAt = (x: number) => viewFrom + ((x - gutter) / (width - gutter)) * (viewTo - viewFrom);
  const barOf = ({ lane, position }: Place) => bars[lane]![position]!;

  function describe(place: Place): string[] {
    const bar = barOf(place);
    return [
      labels[timeline.label[bar]!] ?? '',
      names[place.lane]!,
      `starts at ${formatSeconds(start[bar]! - from)}`,
      `takes ${formatSeconds(end[bar]! - start[bar]!)}`,
      ...(bytes[bar]! > 0 ? [`moves ${formatBytes(bytes[bar]!)}`] : []),
    ];
  }

  function paint(): void {
    scheduled = false;
    const style = getComputedStyle(document.documentElement);
    const colours = new Map<string, string>();
    const colour = (name: string) => {
      const known = colours.get(name);
      if (known !== undefined) return known;
      const value = style.getPropertyValue(`--${name}`);
      colours.set(name, value);
      return value;
    };
    const scale = (width - gutter) / (viewTo - viewFrom);
    const scrolled = view.scrollTop;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    context.textBaseline = 'middle';

    const axis = scaleLinear()
      .domain([(viewFrom - from) * unit.perSecond, (viewTo - from) * unit.perSecond])
      .range([gutter, width]);
    const ticks = axis.ticks(Math.max(2, Math.floor((width - gutter) / 90)));
    context.fillStyle = colour('grid');
    for (const tick of ticks) context.fillRect(Math.round(axis(tick)), RULER, 1, height - RULER);

    const firstLane = Math.floor(scrolled / LANE);
    const lastLane = Math.min(lanes.length, Math.ceil((scrolled + height - RULER) / LANE));
    context.save();
    context.beginPath();
    context.rect(0, RULER, width, height - RULER);
    context.clip();
    for (let lane = firstLane; lane < lastLane; lane++) {
      const top = RULER + lane * LANE - scrolled;
      context.fillStyle = colour('grid');
      context.fillRect(0, top + LANE - 1, width, 1);
      const list = bars[lane]!;
      let drawnTo = Number.NEGATIVE_INFINITY;
      context.save();
      context.beginPath();
      context.rect(gutter, top, width - gutter, LANE);
      context.clip();
      for (let k = firstAfter(list, end, viewFrom); k < list.length; k++) {
        const bar = list[k]!;
        if (start[bar]! > viewTo) break;
        const x0 = gutter + (start[bar]! - viewFrom) * scale;
        const x1 = gutter + (end[bar]! - viewFrom) * scale;
        // Bars within the pixel already drawn cannot be seen.
        if (x1 < drawnTo + 0.4) continue;
        const left = Math.max(x0, gutter - 2, drawnTo === x0 ? x0 + 0.5 : x0);
        const right = Math.max(Math.min(x1, width + 2), left + 0.8);
        drawnTo = x1;
        context.fillStyle = colour(kinds[lane]! + shades[timeline.label[bar]!]);
        context.fillRect(left, top + (LANE - BAR) / 2, right - left, BAR);
        const letters = Math.floor((right - left - 8) / 6.4);
        if (letters >= 5) {
          const name = labels[timeline.label[bar]!] ?? '';
          context.fillStyle = colour(`${kinds[lane]}-ink`);
          context.fillText(
            name.length > letters ? `${name.slice(0, letters - 1)}…` : name,
            left + 4,
            top + LANE / 2,
          );
        }
      }
      if (selected?.lane === lane) {
        const bar = barOf(selected);
        const x0 = gutter + (start[bar]! - viewFrom) * scale;
        const x1 = gutter + (end[bar]! - viewFrom) * scale;
        context.strokeStyle = colour('ink');
        context.lineWidth = 2;
        context.strokeRect(x0 - 1.5, top + 2, Math.max(3, x1 - x0 + 3), LANE - 4);
      }
      context.restore();
      context.fillStyle = colour('ink');
      context.fillText(fitted(context, names[lane]!, gutter - 16), 8, top + LANE / 2);
    }
    context.restore();

    context.fillStyle = colour('ground');
    context.fillRect(0, 0, width, RULER);
    context.fillStyle = colour('rule');
    context.fillRect(0, RULER - 1, width, 1);
    context.fillRect(gutter - 1, 0, 1, height);
    context.fillStyle = colour('ink');
    context.fillText(fitted(context, `time (${unit.name})`, gutter - 12), 8, RULER / 2);
    context.fillStyle = colour('muted');
    const written = axis.tickFormat(ticks.length);
    for (const tick of ticks) {
      const text = written(tick);
      const size = context.measureText(text).width;
      const x = Math.max(gutter + 3, Math.min(axis(tick) - size / 2, width - size - 3));
      context.fillText(text, x, RULER / 2);
    }
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
  const zoom = (factor: number, at = (viewFrom + viewTo) / 2) =>
    show(at - (at - viewFrom) / factor, at + (viewTo - at) / factor);
  const move = (share: number) =>
    show(viewFrom + share * (viewTo - viewFrom), viewTo + share * (viewTo - viewFrom));

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
    const position =
      lane === selected.lane
        ? Math.max(0, Math.min(selected.position + barsOn, bars[lane]!.length - 1))
        : barAt(bars[lane]!, timeline, start[barOf(selected)]!, Number.POSITIVE_INFINITY);
    select({ lane, position });
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

  function placeAt(event: MouseEvent): Place | undefined {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    if (x < gutter || y < RULER) return undefined;
    const lane = Math.floor((y - RULER + view.scrollTop) / LANE);
    if (lane >= lanes.length) return undefined;
    const position = barAt(bars[lane]!, timeline, timeAt(x), (3 * (viewTo - viewFrom)) / (width - gutter));
    return position < 0 ? undefined : { lane, position };
  }

  let dragged: { readonly x: number; readonly from: number; readonly to: number } | undefined;
  canvas.addEventListener('pointerdown', (event) => {
    dragged = { x: event.clientX, from: viewFrom, to: viewTo };
    const place = placeAt(event);
    if (place !== undefined) select(place);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (dragged !== undefined && Math.abs(event.clientX - dragged.x) > 3) {
      const by = ((event.clientX - dragged.x) / (width - gutter)) * (dragged.to - dragged.from);
      show(dragged.from - by, dragged.to - by);
      return hideTooltip();
    }
    const place = placeAt(event);
    if (place === undefined) hideTooltip();
    else showTooltip(describe(place), event.clientX, event.clientY);
  });
  const drop = () => {
    dragged = undefined;
  };
  canvas.addEventListener('pointerup', drop);
  canvas.addEventListener('pointercancel', drop);
  canvas.addEventListener('pointerleave', hideTooltip);
  canvas.addEventListener(
    'wheel',
    (event) => {
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const at = Math.max(viewFrom, timeAt(event.clientX - canvas.getBoundingClientRect().left));
        zoom(2 ** (-event.deltaY / 240), at);
      } else if (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY)) {
        event.preventDefault();
        move(sideways / (width - gutter));
      }
    },
    { passive: false },
  );
  view.addEventListener('scroll', schedule, { passive: true });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', schedule);

  const button = (text: string, name: string, action: () => void) => {
    const element = document.createElement('button');
    element.type = 'button';
    element.textContent = text;
    element.setAttribute('aria-label', name);
    element.title = name;
    element.addEventListener('click', action);
    return element;
  };
  tools.append(
    button('+', 'Zoom in', () => zoom(2)),
    button('−', 'Zoom out', () => zoom(0.5)),
    button('←', 'Earlier', () => move(-0.4)),
    button('→', 'Later', () => move(0.4)),
    button('Whole step', 'Whole step', () => show(from, to)),
    hint,
  );
  paint();
}

/** Text cut to a width of the canvas. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let length = text.length - 1;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return `${text.slice(0, length)}…`;
}

/** FNV-1a, 32 bits: the same name has the same shade in every report. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
