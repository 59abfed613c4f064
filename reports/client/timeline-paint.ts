// Hot: drawn again on every move of the pointer.
import { scaleLinear } from 'd3';
import type { Timeline } from '../../scenarios/results.ts';
import { clip } from '../names.ts';
import type { TimeUnit } from '../time-unit.ts';
import { firstAfter } from './timeline-bars.ts';

export const RULER = 30;
export const LANE = 24;
const BAR = 18;
/** Letters of the font are about so wide. */
const LETTER = 6.4;
/** How much is seen of what the reader does not look for. */
const FADED = 0.22;
const SHADES = ['', '-2', '-3'];
const FONT =
  '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/** A lane as it is shown: its bars as indices into the timeline's columns, by start. */
export interface ShownLane {
  readonly name: string;
  readonly kind: 'compute' | 'communication';
  readonly bars: Uint32Array;
  /** Start and end in turn of the stretches of the critical path on it. */
  readonly critical: Float64Array;
}

/** What a picture of a timeline shows. */
export interface TimelineScene {
  readonly timeline: Timeline;
  readonly lanes: readonly ShownLane[];
  /** Per label: its text, and its shade. */
  readonly labels: readonly string[];
  readonly shades: Uint8Array;
  /** Per label: 1 where it is looked for; absent: all are. */
  readonly found: Uint8Array | undefined;
  readonly showsCritical: boolean;
  /** When the whole begins, and what is in view. */
  readonly origin: number;
  readonly from: number;
  readonly to: number;
  readonly unit: TimeUnit;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly scrolled: number;
  readonly ratio: number;
  /** Index in `lanes` and bar. */
  readonly selected: { readonly lane: number; readonly bar: number } | undefined;
  readonly colour: (name: string) => string;
}

/** Draws only what the view shows; bars within a pixel that is drawn already cannot be seen. */
export function paintTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { lanes, origin, from, to, unit, width, height, gutter, scrolled, ratio, colour } = scene;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';

  const axis = scaleLinear()
    .domain([(from - origin) * unit.perSecond, (to - origin) * unit.perSecond])
    .range([gutter, width]);
  const ticks = axis.ticks(Math.max(2, Math.floor((width - gutter) / 90)));
  context.fillStyle = colour('grid');
  for (const tick of ticks) context.fillRect(Math.round(axis(tick)), RULER, 1, height - RULER);

  context.save();
  context.beginPath();
  context.rect(0, RULER, width, height - RULER);
  context.clip();
  const last = Math.min(lanes.length, Math.ceil((scrolled + height - RULER) / LANE));
  for (let lane = Math.floor(scrolled / LANE); lane < last; lane++) {
    const top = RULER + lane * LANE - scrolled;
    context.fillStyle = colour('grid');
    context.fillRect(0, top + LANE - 1, width, 1);
    context.save();
    context.beginPath();
    context.rect(gutter, top, width - gutter, LANE);
    context.clip();
    paintBars(context, scene, lanes[lane]!, top);
    if (scene.showsCritical) paintCritical(context, scene, lanes[lane]!, top);
    if (scene.selected?.lane === lane) paintSelected(context, scene, scene.selected.bar, top);
    context.restore();
    context.fillStyle = colour('ink');
    context.fillText(fitted(context, lanes[lane]!.name, gutter - 16), 8, top + LANE / 2);
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

function paintBars(
  context: CanvasRenderingContext2D,
  { timeline: { start, end, label }, labels, shades, found, from, to, width, gutter, colour }: TimelineScene,
  { bars, kind }: ShownLane,
  top: number,
): void {
  const scale = (width - gutter) / (to - from);
  const colours = SHADES.map((shade) => colour(kind + shade));
  const ink = colour(`${kind}-ink`);
  // What is looked for is drawn over the rest.
  for (const pass of found === undefined ? [0] : [0, 1]) {
    context.globalAlpha = found !== undefined && pass === 0 ? FADED : 1;
    let drawnTo = Number.NEGATIVE_INFINITY;
    for (let k = firstAfter(bars, end, from); k < bars.length; k++) {
      const bar = bars[k]!;
      if (start[bar]! > to) break;
      const of = label[bar]!;
      if (found !== undefined && found[of] !== pass) continue;
      const x0 = gutter + (start[bar]! - from) * scale;
      const x1 = gutter + (end[bar]! - from) * scale;
      if (x1 < drawnTo + 0.4) continue;
      const left = Math.max(x0, gutter - 2, drawnTo === x0 ? x0 + 0.5 : x0);
      // What is looked for may be short: it is never less than two pixels wide.
      const right = Math.max(Math.min(x1, width + 2), left + (pass === 1 ? 2 : 0.8));
      drawnTo = x1;
      context.fillStyle = colours[shades[of]!]!;
      context.fillRect(left, top + (LANE - BAR) / 2, right - left, BAR);
      const letters = Math.floor((right - left - 8) / LETTER);
      if (letters < 5) continue;
      const name = labels[of] ?? '';
      context.fillStyle = ink;
      context.fillText(
        name.length > letters ? `${name.slice(0, letters - 1)}…` : name,
        left + 4,
        top + LANE / 2,
      );
    }
  }
  context.globalAlpha = 1;
}

/** A line along the foot of the lane. */
function paintCritical(
  context: CanvasRenderingContext2D,
  { from, to, width, gutter, colour }: TimelineScene,
  { critical }: ShownLane,
  top: number,
): void {
  const scale = (width - gutter) / (to - from);
  context.fillStyle = colour('bound');
  let drawnTo = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < critical.length; k += 2) {
    const x1 = gutter + (critical[k + 1]! - from) * scale;
    if (x1 < gutter || x1 < drawnTo + 0.4) continue;
    const x0 = Math.max(gutter - 2, gutter + (critical[k]! - from) * scale);
    if (x0 > width) break;
    context.fillRect(x0, top + LANE - 4, Math.max(1, Math.min(x1, width + 2) - x0), 3);
    drawnTo = x1;
  }
}

function paintSelected(
  context: CanvasRenderingContext2D,
  { timeline: { start, end }, from, to, width, gutter, colour }: TimelineScene,
  bar: number,
  top: number,
): void {
  const scale = (width - gutter) / (to - from);
  const x0 = Math.max(gutter - 4, gutter + (start[bar]! - from) * scale);
  const x1 = Math.min(width + 4, gutter + (end[bar]! - from) * scale);
  context.strokeStyle = colour('ink');
  context.lineWidth = 2;
  context.strokeRect(x0 - 1.5, top + 2, Math.max(3, x1 - x0 + 3), LANE - 4);
}

/** Text cut to a width of the canvas, in its middle: links are told apart by both ends of their names. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  let length = text.length;
  let shown = text;
  while (length > 3 && context.measureText(shown).width > width) shown = clip(text, --length);
  return shown;
}
