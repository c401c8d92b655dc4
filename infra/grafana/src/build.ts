// Writes dashboards/osmtracker.json, or says with --check whether it is up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { dashboard } from "./dashboard.js";

const path = new URL("../../dashboards/osmtracker.json", import.meta.url);
const text = `${JSON.stringify(dashboard, null, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(path, text);
} else if (readFileSync(path, "utf8") !== text) {
  console.error("infra/grafana/dashboards/osmtracker.json is not what infra/grafana/src makes: run `make dashboards`");
  process.exit(1);
}
