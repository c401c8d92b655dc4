# What is refused, before anything is made.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1", name = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  packages = "tests/packages"
  area     = "DK"
  contact  = "me@example.org"
}

run "what_no_variable_can_be" {
  command = plan

  variables {
    name                   = "Osm_Tracker"
    architecture           = "riscv"
    abort_uploads_days     = -1
    area_files             = { "../lake" = "tests/lake.poly" }
    config_file            = "tests/nobody.toml"
    from_sequence          = 0
    adiff_url              = "https://example.org/1.adiff"
    real_changesets_url    = "https://example.org/1.json"
    sources                = ["overpass"]
    documents              = ["page"]
    functions              = { tracker = { memory_mb = 64 } }
    environment            = { OSMTRACKER_AWS_TABLE = "another" }
    log_retention_days     = 2
    ingest                 = "magic"
    planet_topic_arn       = "osm-planet"
    tracker_schedule       = "each minute"
    supervisor_schedule    = "each minute"
    filter_window_seconds  = 301
    publish_window_seconds = -1
    publish_seconds        = 1.5
    max_receive_count      = { filter = 0 }
    notify_parameters      = ["chat"]
    notify_topics          = ["edits"]
    notify_batch           = 11
    notify_window_seconds  = 301
    billing                = "free"
    capacity               = { table_read = 0 }
    delivery               = "ftp"
    site_url               = "https://osm.example.org"
    certificate_arn        = "arn:aws:acm:eu-central-1:123456789012:certificate/c"
    price_class            = "PriceClass_1"
    alarm_topic_arn        = "alarms"
    alarm_email            = "me"
    alarm_cost_usd         = 0
    monthly_budget_usd     = 0
  }

  expect_failures = [
    var.name, var.architecture, var.abort_uploads_days, var.area_files, var.config_file, var.from_sequence,
    var.adiff_url, var.real_changesets_url, var.sources, var.documents, var.functions, var.environment,
    var.log_retention_days, var.ingest, var.planet_topic_arn, var.tracker_schedule, var.supervisor_schedule,
    var.filter_window_seconds, var.publish_window_seconds, var.publish_seconds, var.max_receive_count, var.billing, var.capacity,
    var.delivery, var.site_url, var.certificate_arn, var.price_class, var.alarm_topic_arn, var.alarm_email,
    var.alarm_cost_usd, var.monthly_budget_usd, var.notify_parameters, var.notify_topics, var.notify_batch,
    var.notify_window_seconds,
  ]
}

# Those that are checked against others, which have to be right for that.
run "what_no_variable_can_be_beside_others" {
  command = plan

  variables {
    area           = "lake.poly" # and no such area file
    contact        = "me"
    since          = "2 hours ago"
    rules          = "[site]\ntitle = \"twice\""
    from_sequence  = 1
    basemap        = "https://tile.example.org/{z}/{x}/{y}.png" # and nobody's
    filter_batch   = 0
    analysis_batch = 11 # without a window
    publish_batch  = 20000
    domain         = "https://osm.example.org/"
    functions      = { nobody = {} }
  }

  expect_failures = [
    var.rules, var.area, var.contact, var.since, var.basemap_attribution, var.filter_batch, var.analysis_batch, var.publish_batch,
    var.domain, var.functions,
  ]
}

run "what_no_variable_can_be_beside_functions" {
  command = plan

  variables {
    filter_concurrency   = 1
    analysis_concurrency = 1001
    publish_concurrency  = 1
    notify_concurrency   = 1
    visibility_seconds   = { planet = 30 }
    functions            = { analyser = { timeout_seconds = 300 } } # with a lease of 300
  }

  expect_failures = [
    var.filter_concurrency, var.analysis_concurrency, var.publish_concurrency, var.notify_concurrency,
    var.visibility_seconds, var.lease_seconds,
  ]
}

run "what_does_not_go_together" {
  command = plan

  variables {
    area    = null
    contact = null
    domain  = "osm.example.org" # without its certificate
    # A lease that is over before the analyser is.
    lease_seconds = 240
    # Less than the time-out: Lambda refuses it.
    visibility_seconds = { publish = 109 }
    # Less than its queue may use.
    functions            = { analyser = { reserved_concurrency = 2 } }
    analysis_concurrency = 3
    monthly_budget_usd   = 5 # and nobody to tell
  }

  expect_failures = [
    var.area, var.contact, var.domain, var.lease_seconds, var.visibility_seconds, var.analysis_concurrency, var.budget_email,
  ]
}

run "notifications_that_nobody_sends" {
  command = plan

  variables {
    rules = "[[notify]]\nname = \"chat\"\nviews = [\"index\"]\nformat = \"slack\"\ntarget_ssm = \"/osmtracker/chat\"\n"
  }

  expect_failures = [var.rules]
}

run "events_from_another_region" {
  command = plan

  variables {
    ingest           = "events"
    planet_topic_arn = "arn:aws:sns:us-west-2:630658470130:osm-planet-us-west-2-notifications"
  }

  expect_failures = [aws_sns_topic_subscription.planet]
}

run "an_authorization_that_aws_does_not_have" {
  command = plan

  variables {
    api_authorization = "none"
  }

  expect_failures = [var.api_authorization]
}

run "an_api_that_answers_nobody" {
  command = plan

  variables {
    api_concurrency = 0
  }

  expect_failures = [var.api_concurrency]
}
