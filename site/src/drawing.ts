// What the page asks of a drawing, be it the map or the plain one.
import type { Diff, Group, Which } from './diff.ts';

export type Camera = { zoom: number; lat: number; lon: number };

/** What is shown. The page changes it and then calls `refresh`; the drawing changes `camera` alone. */
export type View = { side: Which; off: Set<Group>; key: string | null; camera: Camera | null };

export type DrawingOptions = {
  container: HTMLElement;
  /** The section with the settings of the background. */
  box: HTMLElement;
  diff: Diff;
  view: View;
  /** The reader clicked: the element, of those that lie there. */
  picked: (key: string | null, overlapping: string[]) => void;
  /** The reader moved the map. */
  moved: () => void;
  /** What the map shows now, whoever moved it. */
  shows: (camera: Camera) => void;
};

export type Drawing = {
  refresh: () => void;
  select: (key: string | null, zoom: 'zoom' | 'stay') => void;
  hover: (key: string | null) => void;
  background: (name: string) => void;
  whole: () => void;
  hasBackgrounds: boolean;
};
