# One country, for less than a dollar a month.

provider "aws" {
  region = var.region
}

module "osmtracker" {
  source = "../.."

  name    = var.name
  area    = var.area
  contact = var.contact

  api_concurrency = var.api_concurrency

  alarm_email        = var.alarm_email
  monthly_budget_usd = var.alarm_email == null ? null : 5
}
