// What the dashboard shows. Counters are asked with rate() or increase(), gauges never: a test reads the expressions.

import { DashboardCursorSync, VariableHide, VariableRefresh, VariableSort, type Dashboard } from "@grafana/schema";
import { datasource, goodBelow, goodFrom, layOut, stat, timeseries, type Asked, type Row } from "./panels.js";

/** A series of the chosen deployment. */
function of(name: string, ...labels: string[]): string {
  return `${name}{${['job="$job"', ...labels].join(",")}}`;
}

/** What happened in an hour, smoothed over `window`. */
function hourly(by: string, series: string, window = "1h"): string {
  return `sum by (${by}) (rate(${series}[${window}])) * 3600`;
}

/** p50, p90 and p99 of the last hour of a histogram. */
function quantiles(name: string): Asked[] {
  return [50, 90, 99].map((percent) => ({
    expr: `histogram_quantile(${percent / 100}, sum by (le) (rate(${of(`${name}_bucket`)}[1h])))`,
    legend: `p${percent}`,
  }));
}

const lag = `max(time() - ${of("osmtracker_minutely_diff_timestamp")})`;

const atAGlance: Row = {
  title: "At a glance",
  height: 5,
  across: 4,
  panels: [
    stat({
      title: "Replication lag",
      description: "Age of the newest file of the changesets feed that was processed. Good below two minutes.",
      unit: "s",
      decimals: 0,
      thresholds: goodBelow(120, 600),
      asked: [{ expr: lag, legend: "lag" }],
    }),
    stat({
      title: "Sequences a minute",
      description: "How fast the feed is followed. Upstream writes about one file a minute; more means that we catch up.",
      unit: "none",
      decimals: 2,
      thresholds: goodFrom(0.5),
      asked: [{ expr: `max(deriv(${of("osmtracker_minutely_diff_latest_seqno")}[10m])) * 60`, legend: "sequences" }],
    }),
    stat({
      title: "Changesets a minute in the feed",
      description: "Elements of the feed that were handed to the filter: creation, closing, and each comment count.",
      unit: "none",
      decimals: 1,
      asked: [{ expr: `sum(rate(${of("osmtracker_events", 'event="filter"', 'action="in"')}[10m])) * 60`, legend: "changesets" }],
    }),
    stat({
      title: "Matching changesets an hour",
      description: "Changesets that the filter kept.",
      unit: "none",
      decimals: 1,
      asked: [{ expr: `sum(rate(${of("osmtracker_events", 'event="filter"', 'action="out"')}[1h])) * 3600`, legend: "changesets" }],
    }),
  ],
};

const wrong: Row = {
  title: "Is anything wrong?",
  height: 6,
  across: 3,
  panels: [
    timeseries({
      title: "Problems",
      description: "1 while there is one. The runbook has a chapter for each.",
      unit: "none",
      decimals: 0,
      asked: [{ expr: `max by (kind) (${of("osmtracker_problem")})`, legend: "{{kind}}" }],
    }),
    timeseries({
      title: "Steps that failed, an hour",
      description: "transient: tried again by themselves. permanent: put aside, somebody must look.",
      unit: "none",
      asked: [{ expr: hourly("step, kind", of("osmtracker_step_failures_total"), "10m"), legend: "{{step}} {{kind}}" }],
    }),
    stat({
      title: "Cost of 30 days",
      description: "An estimate from the counters, at list price without what is free in an account.",
      unit: "currencyUSD",
      decimals: 2,
      thresholds: goodBelow(5, 20),
      asked: [{ expr: `max(${of("osmtracker_cost_estimate_dollars")})`, legend: "dollars" }],
    }),
  ],
};

const feed: Row = {
  title: "Changesets feed",
  height: 7,
  across: 2,
  panels: [
    timeseries({
      title: "Lag",
      description: "Age of the newest file that was processed, and time since the head was seen to move.",
      unit: "s",
      thresholds: goodBelow(120, 600),
      asked: [
        { expr: lag, legend: "lag" },
        { expr: `max(time() - ${of("osmtracker_minutely_diff_head_moved_timestamp_seconds")})`, legend: "since the head moved" },
        { expr: `max(time() - ${of("osmtracker_minutely_diff_processing_timestamp")})`, legend: "since a file was processed" },
      ],
    }),
    timeseries({
      title: "Sequences",
      description: "The newest file of the feed, and the newest that was processed.",
      unit: "none",
      decimals: 0,
      asked: [
        { expr: `max(${of("osmtracker_minutely_diff_head_seqno")})`, legend: "head" },
        { expr: `max(${of("osmtracker_minutely_diff_latest_seqno")})`, legend: "latest" },
      ],
    }),
    timeseries({
      title: "Changesets in a diff",
      description: "Changesets in the newest file that was processed.",
      unit: "none",
      asked: [{ expr: `max(${of("osmtracker_minutely_diff_csets_observed")})`, legend: "changesets" }],
    }),
    timeseries({
      title: "Waits for a file",
      description: "1 while a file of the feed is absent or damaged, and nothing beyond it is read.",
      unit: "none",
      decimals: 0,
      asked: [{ expr: `max(${of("osmtracker_minutely_diff_waiting")})`, legend: "waits" }],
    }),
  ],
};

const changesets: Row = {
  title: "Changesets and events",
  height: 8,
  across: 3,
  panels: [
    timeseries({
      title: "Changesets by state",
      description: "Rows of the table.",
      unit: "none",
      decimals: 0,
      isStacked: true,
      asked: [{ expr: `max by (state) (${of("osmtracker_changeset_cnt")})`, legend: "{{state}}" }],
    }),
    timeseries({
      title: "Events a minute",
      description: "What steps take in and give out.",
      unit: "none",
      asked: [
        { expr: `sum by (event, action) (rate(${of("osmtracker_events")}[10m])) * 60`, legend: "{{event}} {{action}}" },
      ],
    }),
    timeseries({
      title: "Events in total",
      description: "All that was ever counted.",
      unit: "short",
      decimals: 0,
      asked: [{ expr: `sum by (event, action) (${of("osmtracker_events")})`, legend: "{{event}} {{action}}" }],
    }),
  ],
};

const components: Row = {
  title: "Components",
  height: 7,
  across: 3,
  panels: [
    timeseries({
      title: "Memory",
      description: "Resident memory of the program, or of a function's newest environment.",
      unit: "bytes",
      asked: [{ expr: `max by (component) (${of("osmtracker_resident_memory_bytes")})`, legend: "{{component}}" }],
    }),
    timeseries({
      title: "CPU",
      description: "Processors in use: 1 is one of them all the time.",
      unit: "none",
      decimals: 3,
      asked: [
        { expr: `sum by (component) (rate(${of("osmtracker_cpu_seconds_total")}[10m]))`, legend: "{{component}}" },
      ],
    }),
    timeseries({
      title: "Since a component reported",
      description: "Functions that wait for work are silent while there is none.",
      unit: "s",
      asked: [
        {
          expr: `min by (component) (time() - (${of("osmtracker_component_seen_timestamp_seconds")} > 0))`,
          legend: "{{component}}",
        },
      ],
    }),
    timeseries({
      title: "Runs an hour",
      description: "Invocations of a function, steps of the program.",
      unit: "none",
      asked: [{ expr: hourly("component", of("osmtracker_runs_total"), "10m"), legend: "{{component}}" }],
    }),
    timeseries({
      title: "Running, of the time",
      description: "1 is one environment that runs all the time.",
      unit: "percentunit",
      asked: [
        { expr: `sum by (component) (rate(${of("osmtracker_run_seconds_total")}[10m]))`, legend: "{{component}}" },
      ],
    }),
    timeseries({
      title: "Cold starts an hour",
      description: "Starts of the program, or of a function's environment.",
      unit: "none",
      asked: [{ expr: hourly("component", of("osmtracker_cold_starts_total")), legend: "{{component}}" }],
    }),
  ],
};

const times: Row = {
  title: "Times",
  height: 7,
  across: 3,
  panels: [
    ["Filter", "One changeset at the filter.", "osmtracker_changeset_filter_processing_time_seconds"],
    ["Refresh", "One refresh of metadata.", "osmtracker_changeset_refresh_processing_time_seconds"],
    ["Analysis", "One changeset at the analyser, its downloads included.", "osmtracker_changeset_analysis_processing_time_seconds"],
    ["Publish", "One writing of what changed.", "osmtracker_backend_processing_time_seconds"],
    ["Track", "Handing one file of the feed to the filter.", "osmtracker_minutely_diff_processing_time_seconds"],
  ].map(([title, description, name]) =>
    timeseries({
      title: `${title}: quantiles of the last hour`,
      description: description!,
      unit: "s",
      asked: quantiles(name!),
    }),
  ),
};

const upstream: Row = {
  title: "Upstream",
  height: 7,
  across: 3,
  panels: [
    timeseries({
      title: "API calls an hour",
      description: "Calls to the OSM API, retries included. More than some hundreds deserve a look.",
      unit: "none",
      isStacked: true,
      asked: [{ expr: hourly("operation", of("openstreetmap_api_events")), legend: "{{operation}}" }],
    }),
    timeseries({
      title: "API bytes an hour",
      description: "Bodies of requests and answers, as on the wire.",
      unit: "bytes",
      asked: [
        { expr: hourly("operation, direction", of("openstreetmap_api_bytes")), legend: "{{operation}} {{direction}}" },
      ],
    }),
    timeseries({
      title: "Calls for a changeset: quantiles of the last hour",
      description: "Calls to upstream servers for one analysed changeset.",
      unit: "none",
      asked: quantiles("osmtracker_changeset_api_calls"),
    }),
    timeseries({
      title: "Alternative source: downloads an hour",
      description: "Changesets that were had from elsewhere than the OSM API.",
      unit: "none",
      asked: [
        { expr: `sum(rate(${of("openstreetmap_api_alt_source_downloads")}[1h])) * 3600`, legend: "downloads" },
      ],
    }),
    timeseries({
      title: "Alternative source: bytes an hour",
      description: "As on the wire.",
      unit: "bytes",
      asked: [
        { expr: `sum(rate(${of("openstreetmap_api_alt_source_download_bytes")}[1h])) * 3600`, legend: "bytes" },
      ],
    }),
    timeseries({
      title: "Source that answered, changesets an hour",
      description: "Which source each analysis is from.",
      unit: "none",
      isStacked: true,
      asked: [{ expr: hourly("source", of("osmtracker_analysis_source_total")), legend: "{{source}}" }],
    }),
    timeseries({
      title: "Refusals an hour",
      description: "Answers 403, 406 and 509 of upstream: we are blocked, or ask for too much.",
      unit: "none",
      asked: [{ expr: hourly("status", of("osmtracker_upstream_refusals_total")), legend: "{{status}}" }],
    }),
    timeseries({
      title: "Retries an hour",
      description: "Things tried again, by cause.",
      unit: "none",
      asked: [{ expr: hourly("cause", of("osmtracker_retries_total")), legend: "{{cause}}" }],
    }),
    timeseries({
      title: "Gaps an hour",
      description: "What analyses could not know, by reason.",
      unit: "none",
      asked: [{ expr: hourly("reason", of("osmtracker_analysis_gaps_total")), legend: "{{reason}}" }],
    }),
  ],
};

const queues: Row = {
  title: "Queues",
  height: 7,
  across: 4,
  panels: [
    timeseries({
      title: "Messages",
      description: "Waiting, or being worked on.",
      unit: "none",
      decimals: 0,
      asked: [{ expr: `max by (queue, state) (${of("osmtracker_queue_depth")})`, legend: "{{queue}} {{state}}" }],
    }),
    timeseries({
      title: "Age of the oldest message",
      description: "Over ten minutes is a problem.",
      unit: "s",
      thresholds: goodBelow(300, 600),
      asked: [{ expr: `max by (queue) (${of("osmtracker_queue_oldest_seconds")})`, legend: "{{queue}}" }],
    }),
    timeseries({
      title: "Dead letters",
      description: "Messages that were put aside. There should be none.",
      unit: "none",
      decimals: 0,
      asked: [{ expr: `max by (queue) (${of("osmtracker_dead_letters")})`, legend: "{{queue}}" }],
    }),
    timeseries({
      title: "Notifications an hour",
      description: "By what takes them and what became of them. Those that were given up are dead letters.",
      unit: "none",
      asked: [{ expr: hourly("kind, result", of("osmtracker_notifications_total")), legend: "{{kind}} {{result}}" }],
    }),
  ],
};

const site: Row = {
  title: "Site",
  height: 7,
  across: 4,
  panels: [
    timeseries({
      title: "Objects written an hour",
      description: "Each is a put, which is paid.",
      unit: "none",
      isStacked: true,
      asked: [{ expr: hourly("kind", of("osmtracker_written_total")), legend: "{{kind}}" }],
    }),
    timeseries({
      title: "Bytes written an hour",
      description: "By kind of object.",
      unit: "bytes",
      isStacked: true,
      asked: [{ expr: hourly("kind", of("osmtracker_written_bytes_total")), legend: "{{kind}}" }],
    }),
    timeseries({
      title: "Age of the newest generation",
      description: "A quiet site has an old one: it is written when something changed.",
      unit: "s",
      asked: [{ expr: `max(${of("osmtracker_generation_age_seconds")})`, legend: "age" }],
    }),
    timeseries({
      title: "Age of these metrics",
      description: "On AWS the object is written every status_seconds; the program answers at once.",
      unit: "s",
      asked: [{ expr: `max(time() - ${of("osmtracker_metrics_generated_timestamp_seconds")})`, legend: "age" }],
    }),
    timeseries({
      title: "Generation",
      description: "Number of the newest state of the site.",
      unit: "none",
      decimals: 0,
      asked: [{ expr: `max(${of("osmtracker_generation")})`, legend: "generation" }],
    }),
  ],
};

const search: Row = {
  title: "Search index",
  height: 7,
  across: 2,
  panels: [
    timeseries({
      title: "Documents an hour",
      description: "What the index was told, by what became of it. Conflicts are late or repeated: the index knew it already.",
      unit: "none",
      isStacked: true,
      asked: [{ expr: hourly("result", of("osmtracker_search_documents_total")), legend: "{{result}}" }],
    }),
    timeseries({
      title: "Lag of the index",
      description: "Age of the oldest change that the index was last told of, or could not be told of. There is none without an index.",
      unit: "s",
      asked: [{ expr: `max(${of("osmtracker_search_lag_seconds")})`, legend: "lag" }],
    }),
  ],
};

const cost: Row = {
  title: "Cost",
  height: 7,
  across: 2,
  panels: [
    timeseries({
      title: "Cost of 30 days, over time",
      description: "The estimate above. There is none where nothing is charged.",
      unit: "currencyUSD",
      decimals: 2,
      asked: [{ expr: `max(${of("osmtracker_cost_estimate_dollars")})`, legend: "dollars" }],
    }),
    timeseries({
      title: "Charged units an hour",
      description: "What a cloud charges for beside invocations: requests to table, queues and objects, GB-seconds.",
      unit: "none",
      asked: [{ expr: hourly("unit", of("osmtracker_cloud_units_total")), legend: "{{unit}}" }],
    }),
  ],
};

export const dashboard: Dashboard = {
  uid: "osmtracker",
  title: "osmtracker",
  description: "Whether osmtracker keeps up with OpenStreetMap, and what it costs. Written by infra/grafana/src.",
  tags: ["osmtracker", "openstreetmap"],
  editable: true,
  graphTooltip: DashboardCursorSync.Crosshair,
  fiscalYearStartMonth: 0,
  schemaVersion: 42,
  timezone: "browser",
  refresh: "30s",
  time: { from: "now-6h", to: "now" },
  links: [],
  annotations: { list: [] },
  templating: {
    list: [
      {
        name: "datasource",
        label: "Data source",
        type: "datasource",
        query: "prometheus",
        hide: VariableHide.dontHide,
        refresh: VariableRefresh.onDashboardLoad,
        includeAll: false,
        multi: false,
      },
      {
        name: "job",
        label: "Deployment",
        type: "query",
        datasource,
        query: "label_values(osmtracker_metrics_generated_timestamp_seconds, job)",
        hide: VariableHide.dontHide,
        refresh: VariableRefresh.onTimeRangeChanged,
        sort: VariableSort.alphabeticalAsc,
        includeAll: false,
        multi: false,
      },
    ],
  },
  panels: layOut([atAGlance, wrong, feed, changesets, components, times, upstream, queues, site, search, cost]),
};
