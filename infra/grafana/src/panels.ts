// Panels as Grafana's own schema types them, with this dashboard's habits filled in.

import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  FieldColorModeId,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  PercentChangeColorMode,
  SortOrder,
  StackingMode,
  ThresholdsMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizOrientation,
  type DataQuery,
  type DataSourceRef,
  type FieldConfig,
  type GraphFieldConfig,
  type Panel,
  type RowPanel,
  type Threshold,
} from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** The data source that the reader chose. */
export const datasource: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

/** The same as a plain record, which panels are made of. */
type Plain<T> = { [Key in keyof T]: T[Key] };

/** What the Prometheus data source is asked. */
interface PrometheusQuery extends DataQuery {
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
}
type Query = Plain<PrometheusQuery>;

type Stat = Panel & { type: "stat"; options: Plain<StatOptions>; targets: Query[] };
type TimeSeries = Panel & { type: "timeseries"; options: Plain<TimeSeriesOptions>; targets: Query[] };

/** A line or a number: what is asked, and what it is called. */
export interface Asked {
  expr: string;
  legend: string;
}

/** What any panel says. */
interface About {
  title: string;
  description: string;
  unit: string;
  decimals?: number;
  thresholds?: Threshold[];
  asked: Asked[];
}

// The lowest step begins at minus infinity, which JSON writes as null, as Grafana does.
const neutral: Threshold[] = [{ value: -Infinity, color: "green" }];

/** Good below `warning`, bad from `critical` on. */
export function goodBelow(warning: number, critical: number): Threshold[] {
  return [...neutral, { value: warning, color: "orange" }, { value: critical, color: "red" }];
}

/** Good from `least` on. */
export function goodFrom(least: number): Threshold[] {
  return [
    { value: -Infinity, color: "red" },
    { value: least, color: "green" },
  ];
}

function defaults(about: About): FieldConfig {
  return {
    unit: about.unit,
    ...(about.decimals === undefined ? {} : { decimals: about.decimals }),
    color: { mode: about.thresholds ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassic },
    thresholds: { mode: ThresholdsMode.Absolute, steps: about.thresholds ?? neutral },
  };
}

function queries(asked: Asked[]): Query[] {
  return asked.map(({ expr, legend }, place) => ({
    refId: String.fromCharCode("A".charCodeAt(0) + place),
    datasource,
    expr,
    legendFormat: legend,
    instant: false,
    range: true,
  }));
}

/** One number, with its history behind it. */
export function stat(about: About): Stat {
  return {
    type: "stat",
    title: about.title,
    description: about.description,
    datasource,
    targets: queries(about.asked),
    fieldConfig: { defaults: defaults(about), overrides: [] },
    options: {
      colorMode: BigValueColorMode.Background,
      graphMode: BigValueGraphMode.Area,
      justifyMode: BigValueJustifyMode.Auto,
      orientation: VizOrientation.Auto,
      percentChangeColorMode: PercentChangeColorMode.Standard,
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      showPercentChange: false,
      textMode: BigValueTextMode.Auto,
      wideLayout: true,
    },
  };
}

/** Lines over time; stacked areas where parts make a whole. */
export function timeseries(about: About & { isStacked?: boolean }): TimeSeries {
  const custom: Plain<GraphFieldConfig> = {
    drawStyle: GraphDrawStyle.Line,
    lineWidth: 1,
    fillOpacity: about.isStacked ? 40 : 8,
    showPoints: VisibilityMode.Never,
    spanNulls: false,
    axisPlacement: AxisPlacement.Auto,
    stacking: { mode: about.isStacked ? StackingMode.Normal : StackingMode.None, group: "A" },
    thresholdsStyle: { mode: about.thresholds ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off },
  };
  const field = defaults(about);
  return {
    type: "timeseries",
    title: about.title,
    description: about.description,
    datasource,
    targets: queries(about.asked),
    fieldConfig: {
      defaults: { ...field, color: { mode: FieldColorModeId.PaletteClassic }, custom },
      overrides: [],
    },
    options: {
      legend: { calcs: ["lastNotNull", "max"], displayMode: LegendDisplayMode.Table, placement: "bottom", showLegend: true },
      tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
    },
  };
}

export interface Row {
  title: string;
  /** Rows of the grid that its panels are high. */
  height: number;
  /** How many panels are side by side. */
  across: number;
  panels: (Stat | TimeSeries)[];
}

/** The rows one below the other, each with its heading. */
export function layOut(rows: Row[]): (Panel | RowPanel)[] {
  const columns = 24;
  const all: (Panel | RowPanel)[] = [];
  let top = 0;
  for (const row of rows) {
    all.push({
      type: "row",
      id: all.length + 1,
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: top, w: columns, h: 1 },
    });
    top += 1;
    row.panels.forEach((panel, place) => {
      const width = columns / row.across;
      const y = top + Math.floor(place / row.across) * row.height;
      const gridPos = { x: (place % row.across) * width, y, w: width, h: row.height };
      all.push({ ...panel, id: all.length + 1, gridPos });
    });
    top += Math.ceil(row.panels.length / row.across) * row.height;
  }
  return all;
}
