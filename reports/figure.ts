/*
 * What a section of the report is: a figure, made by a pure function of the results. reports/html.ts writes its
 * tables, the script in the page (reports/client/) draws its chart; both call the same function.
 */
import type { PlacedGraph, Timeline } from '../scenarios/results.ts';

export interface Figure {
  /** Unique in the page. */
  readonly id: string;
  /** Says what the figure shows: a finding where the data hold one. */
  readonly title: string;
  readonly note: string;
  readonly chart: Chart | null;
  /** The same data as text. Shown at once where there is no chart, else on demand. */
  readonly tables: readonly Table[];
  /** Half: may stand beside another half on wide screens. */
  readonly width: 'half' | 'full';
  /** Which of the assumptions its figures rest on; those that set times, unless given. */
  readonly restsOn?: 'times' | 'memory' | 'cost' | 'nothing';
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The reader may sort its rows by any column, and look for words in them. */
  readonly sortable?: boolean;
}

export interface Column {
  /** With the unit. */
  readonly header: string;
  readonly kind: 'text' | 'number' | 'badge';
  readonly cells: readonly string[];
  /** Full text per cell, where the cell shows less. */
  readonly titles?: readonly string[];
  /** What rows are sorted by, where that is not the text; null: after all others. */
  readonly values?: readonly (number | null)[];
}

export const text = (header: string, cells: readonly string[], titles?: readonly string[]): Column =>
  titles === undefined ? { header, kind: 'text', cells } : { header, kind: 'text', cells, titles };

export const numbers = (
  header: string,
  cells: readonly string[],
  values?: readonly (number | null)[],
): Column => ({ header, kind: 'number', cells, ...(values !== undefined && { values }) });

export type Chart =
  | LinesChart
  | ChoiceChart
  | BarsChart
  | StacksChart
  | TimelineChart
  | ScatterChart
  | StripsChart
  | HeatChart
  | PlacedGraphChart;

export interface Axis {
  /** With the unit. */
  readonly label: string;
  readonly scale: 'linear' | 'log';
  /** Range that must be visible; the data may widen it. */
  readonly include: readonly number[];
  /** Exactly these ticks; chosen by the drawing where absent. */
  readonly ticks?: readonly number[];
  readonly format: (value: number) => string;
}

/** Index into the palette and the list of symbols: the same thing has the same colour in all charts. */
export type Tone = number;

export interface LinesChart {
  readonly kind: 'lines';
  readonly x: Axis;
  readonly y: Axis;
  readonly curve: 'straight' | 'step';
  readonly symbols: boolean;
  /** Dashed straight line through two points, e.g. the ideal speed-up. */
  readonly reference: { readonly name: string; readonly from: Point; readonly to: Point } | null;
  readonly legend: readonly { readonly name: string; readonly tone: Tone }[];
  /** What the intervals of points are. */
  readonly intervals?: string;
  /** Small multiples: all share both axes. */
  readonly panels: readonly { readonly title: string; readonly series: readonly Series[] }[];
}

/** The same lines in several ways, of which the reader chooses one; at first the first is shown. */
export interface ChoiceChart {
  readonly kind: 'choice';
  /** What is chosen, for those who do not see the buttons. */
  readonly label: string;
  readonly options: readonly { readonly name: string; readonly chart: LinesChart }[];
}

export type Point = readonly [x: number, y: number];

/** Columns: one entry per point, ordered by x. */
export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Lines of text per point. */
  readonly tips: readonly (readonly string[])[];
  /** Reach of y per point, null where it is not known. */
  readonly intervals?: readonly (readonly [low: number, high: number] | null)[];
  /** Points that carry a symbol; absent: as the chart says. */
  readonly marked?: readonly number[];
}

export interface BarsChart {
  readonly kind: 'bars';
  readonly x: Axis;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly shown: string;
    readonly best: boolean;
    /** Least and most of several values that `value` stands for. */
    readonly range?: readonly [least: number, most: number];
    /** How long the bar could be: drawn as an outline from its end. */
    readonly reach?: number;
    /** Drawn as an outline: what cannot be had. */
    readonly hollow?: true;
    readonly tip: readonly string[];
  }[];
  /** Bars that are longer are cut, with a gap near their ends; absent: none are. */
  readonly longest?: number;
  /** What ranges and reaches are. */
  readonly range?: string;
  readonly reach?: string;
  /** Vertical line with its meaning: what no bar can pass. */
  readonly bound: { readonly value: number; readonly lines: readonly string[] } | null;
  /** Another: what bars are held against. */
  readonly baseline?: { readonly value: number; readonly lines: readonly string[] };
}

/** Horizontal bars of parts that sum to 1. */
export interface StacksChart {
  readonly kind: 'stacks';
  readonly parts: readonly {
    readonly name: string;
    readonly tone: 'compute' | 'communication' | 'waiting' | Tone;
  }[];
  readonly panels: readonly {
    readonly title: string;
    readonly rows: readonly {
      readonly name: string;
      readonly shares: readonly number[];
      readonly tip: readonly string[];
    }[];
  }[];
  readonly x: Axis;
}

export interface TimelineChart {
  readonly kind: 'timeline';
  readonly timeline: Timeline;
}

/** Boxes and arrows, which Node draws (charts/placed-graph.ts) and the page leaves as they are. */
export interface PlacedGraphChart {
  readonly kind: 'placed-graph';
  readonly graph: PlacedGraph;
}

/** Points, each by itself. */
export interface ScatterChart {
  readonly kind: 'scatter';
  readonly x: Axis;
  readonly y: Axis;
  /** As wide as high, with the same scale on both axes. */
  readonly square: boolean;
  /** A line where points ought to be. */
  readonly ideal: { readonly name: string; readonly from: Point; readonly to: Point } | null;
  readonly legend: readonly { readonly name: string; readonly tone: Tone }[];
  readonly points: readonly ScatterPoint[];
}

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly tone: Tone;
  /** Hollow: shown, but not counted. */
  readonly hollow: boolean;
  /** Reach of y. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly tip: readonly string[];
}

/** Rows of points on a common axis, each with a median and a range, e.g. of its middle 80 %. */
export interface StripsChart {
  readonly kind: 'strips';
  readonly x: Axis;
  /** Where points ought to be; null: nowhere in particular. */
  readonly ideal: number | null;
  /**
   * Ranges are bars of this name and tone, and points symbols on their middle line; absent: ranges are thin lines, and points
   * many dots, spread over the height of their row.
   */
  readonly bars?: { readonly name: string; readonly tone: Tone };
  readonly legend: readonly { readonly name: string; readonly tone: Tone }[];
  readonly rows: readonly {
    readonly name: string;
    readonly median: number;
    readonly middle: readonly [low: number, high: number];
    readonly points: readonly { readonly x: number; readonly tone: Tone; readonly tip: readonly string[] }[];
  }[];
}

/** Rows of cells over time, the darker (in the dark: brighter) the more: shares from 0 to 1. */
export interface HeatChart {
  readonly kind: 'heat';
  /** What a cell says, e.g. `Load (% of bandwidth)`. */
  readonly measure: string;
  /** Length of the time axis; all cells of a row are equally long. */
  readonly seconds: number;
  readonly rows: readonly { readonly name: string; readonly shares: readonly number[] }[];
}
