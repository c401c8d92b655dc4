# The whole planet: some 45 changesets a minute. Puts of pages are the largest part of the costs.

provider "aws" {
  region = var.region
}

module "osmtracker" {
  source = "../.."

  name    = var.name
  area    = "planet"
  contact = var.contact
  rules   = var.rules

  # A day of the planet is more than most countries have in a month.
  horizon_hours = 24
  window_rows   = 3000

  # Something happens each minute: readers wait for one, not for five.
  publish_seconds = 60

  functions = {
    filter    = { memory_mb = 256 }
    publisher = { memory_mb = 1024 }
  }

  ingest = "events"

  alarm_email        = var.alarm_email
  alarm_cost_usd     = 30
  monthly_budget_usd = var.alarm_email == null ? null : 30
}
