# The whole: how the parts fit together, and the configuration that functions read.

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
  site_url = "https://osm.example.org/" # so that a plan knows it
}

run "by_default" {
  command = plan

  assert {
    condition = { for queue, it in module.queue : queue => it.visibility_seconds } == {
      filter = 6 * 60 + 5, analysis = 6 * 240, publish = 6 * 110 + 10, notify = 6 * 60
    }
    error_message = "Messages show up again while they are worked on: six time-outs and a window, as AWS asks."
  }
  assert {
    condition     = alltrue([for queue, function in local.workers : module.queue[queue].visibility_seconds >= 6 * local.settings[function].timeout_seconds])
    error_message = "A queue hides its messages for less than six time-outs of the function that receives them."
  }
  assert {
    condition     = var.lease_seconds > module.function["analyser"].timeout_seconds
    error_message = "A changeset would be analysed twice."
  }
  assert {
    condition = jsonencode(local.settings) == jsonencode({
      tracker    = { memory_mb = 128, timeout_seconds = 55, reserved_concurrency = null }
      filter     = { memory_mb = 128, timeout_seconds = 60, reserved_concurrency = null }
      analyser   = { memory_mb = 1024, timeout_seconds = 240, reserved_concurrency = null }
      publisher  = { memory_mb = 512, timeout_seconds = 110, reserved_concurrency = null }
      supervisor = { memory_mb = 128, timeout_seconds = 55, reserved_concurrency = null }
      api        = { memory_mb = 256, timeout_seconds = 15, reserved_concurrency = 5 }
      search     = { memory_mb = 128, timeout_seconds = 60, reserved_concurrency = null }
      notifier   = { memory_mb = 128, timeout_seconds = 60, reserved_concurrency = null }
    })
    error_message = "The functions' settings are not the defaults."
  }
  assert {
    condition = jsonencode({ for name, it in local.functions : name => [for q in values(try(it.queues, {})) : [q.arn, q.batch, q.window_seconds, q.concurrency]] }) == jsonencode({
      tracker    = []
      filter     = [["arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter", 100, 5, 2]]
      analyser   = [["arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis", 5, 0, 2]]
      publisher  = [["arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish", 1000, 10, 2]]
      supervisor = []
      api        = []
    })
    error_message = "Queues do not invoke the functions that they are for."
  }
  assert {
    condition     = { for name, it in local.functions : name => it.schedule if can(it.schedule) } == { tracker = "rate(1 minute)", supervisor = "rate(1 minute)" }
    error_message = "Tracker and supervisor, and no others, run each minute."
  }
  assert {
    condition = toset(keys(local.environment)) == toset([
      "OSMTRACKER_AWS_CONFIG_KEY", "OSMTRACKER_AWS_PRIVATE_BUCKET", "OSMTRACKER_AWS_QUEUE_ANALYSIS",
      "OSMTRACKER_AWS_QUEUE_ANALYSIS_DEAD", "OSMTRACKER_AWS_QUEUE_FILTER", "OSMTRACKER_AWS_QUEUE_FILTER_DEAD",
      "OSMTRACKER_AWS_QUEUE_NOTIFY", "OSMTRACKER_AWS_QUEUE_NOTIFY_DEAD", "OSMTRACKER_AWS_QUEUE_PUBLISH",
      "OSMTRACKER_AWS_QUEUE_PUBLISH_DEAD", "OSMTRACKER_AWS_SITE_BUCKET", "OSMTRACKER_AWS_TABLE",
    ])
    error_message = "The environment is not what functions read."
  }
  assert {
    condition     = aws_s3_object.config.key == "config/osmtracker.toml" && aws_s3_object.config.content == <<-EOT
      # Written by Terraform; changes made here are lost.
      area = "DK"
      contact = "me@example.org"

      [upstream]
      attempts = 3
      total_seconds = 60

      [site]
      base_url = "https://osm.example.org/"
      documents = ["analysis"]

      [pipeline]
      lease_seconds = 300
      metrics = true
      publish_seconds = 300
      status_seconds = 300

      [log]
      format = "json"
    EOT
    error_message = "The configuration says more or less than was asked for."
  }
  assert {
    condition     = module.private.closed
    error_message = "The private bucket can be opened to the public."
  }
  assert {
    condition     = length(aws_budgets_budget.this) == 0 && length(aws_sns_topic.alarms) == 0 && length(aws_sns_topic_subscription.planet) == 0 && length(module.planet_queue) == 0
    error_message = "There is more than the least."
  }
}

run "with_everything" {
  command = plan

  variables {
    name       = "osm-lake"
    area       = "lake.poly"
    area_files = { "lake.poly" = "tests/lake.poly" }
    track      = [["inside"], ["bot", "inside"]]
    since      = "2 hours ago"
    rules      = <<-EOT
      [builtin]
      bot = true
    EOT

    replication_url     = "https://mirror.example.org/replication"
    api_url             = "https://api.example.org"
    adiff_url           = "https://mirror.example.org/{id}.adiff"
    real_changesets_url = "https://mirror.example.org/{id}.json"
    sources             = ["adiff", "real-changesets", "osm-api"]
    allowed_hosts       = ["mirror.example.org"]
    allow_private       = false

    title               = "He said \"<b>\" & left"
    area_name           = "the lake"
    notice              = "A trial."
    documents           = ["analysis", "diff"]
    basemap             = "land"
    basemap_attribution = "nobody"

    refresh_open_minutes = 30
    refresh_meta_minutes = 15
    retry_minutes        = 5
    max_attempts         = 3
    horizon_hours        = 24
    lease_seconds        = 700
    max_sequences        = 10
    window_rows          = 500
    log_level            = "debug"

    functions   = { analyser = { timeout_seconds = 600 }, filter = { memory_mb = 256, reserved_concurrency = 5 } }
    environment = { RUST_BACKTRACE = "1" }

    visibility_seconds = { publish = 130 }

    ingest = "events"

    alarm_topic_arn    = "arn:aws:sns:eu-central-1:123456789012:operators"
    alarm_email        = "me@example.org"
    monthly_budget_usd = 5
  }

  assert {
    condition     = aws_s3_object.config.content == <<-EOT
      # Written by Terraform; changes made here are lost.
      # lake.poly: 4ef9ca86f791f30ba40d356623b6710b
      area = "lake.poly"
      contact = "me@example.org"
      since = "2 hours ago"
      track = [["inside"],["bot","inside"]]

      [upstream]
      adiff_url = "https://mirror.example.org/{id}.adiff"
      allow_private = false
      allowed_hosts = ["mirror.example.org"]
      api_url = "https://api.example.org"
      attempts = 3
      real_changesets_url = "https://mirror.example.org/{id}.json"
      replication_url = "https://mirror.example.org/replication"
      sources = ["adiff","real-changesets","osm-api"]
      total_seconds = 60

      [site]
      area = "the lake"
      base_url = "https://osm.example.org/"
      basemap = "land"
      basemap_attribution = "nobody"
      documents = ["analysis","diff"]
      notice = "A trial."
      title = "He said \"\u003cb\u003e\" \u0026 left"

      [pipeline]
      horizon_hours = 24
      lease_seconds = 700
      max_attempts = 3
      max_sequences = 10
      metrics = true
      publish_seconds = 300
      refresh_meta_minutes = 15
      refresh_open_minutes = 30
      retry_minutes = 5
      status_seconds = 300
      window_rows = 500

      [log]
      format = "json"
      level = "debug"

      [builtin]
      bot = true
    EOT
    error_message = "The configuration is not what the variables say."
  }
  assert {
    condition     = aws_s3_object.area["lake.poly"].key == "config/lake.poly"
    error_message = "The area's file is not beside the configuration."
  }
  assert {
    condition     = { for queue, it in module.queue : queue => it.visibility_seconds } == { filter = 365, analysis = 3600, publish = 130, notify = 360 }
    error_message = "Visibility does not follow time-outs, or what was said."
  }
  assert {
    condition     = local.settings["filter"] == { memory_mb = 256, timeout_seconds = 60, reserved_concurrency = 5 }
    error_message = "Settings that were not given have lost their defaults."
  }
  assert {
    condition     = local.environment["RUST_BACKTRACE"] == "1"
    error_message = "The environment lacks what was asked for."
  }
  assert {
    condition     = output.dashboard == "osm-lake" && alltrue([for name in output.alarms : startswith(name, "osm-lake-")])
    error_message = "Names do not begin with the deployment's."
  }
  assert {
    condition = alltrue([
      aws_sns_topic_subscription.planet[0].topic_arn == "arn:aws:sns:eu-central-1:630658470130:osm-planet-eu-central-1-notifications",
      aws_sns_topic_subscription.planet[0].endpoint == "arn:aws:sqs:eu-central-1:123456789012:osm-lake-planet",
      aws_sns_topic_subscription.planet[0].filter_policy_scope == "MessageBody",
      jsondecode(aws_sns_topic_subscription.planet[0].filter_policy).Records.s3.object.key == [{ prefix = "changesets/replication/minute/" }],
    ])
    error_message = "Events of changesets do not get to the tracker's queue."
  }
  assert {
    condition     = jsonencode(local.functions.tracker.queues) == jsonencode({ planet = { arn = "arn:aws:sqs:eu-central-1:123456789012:osm-lake-planet", batch = 10, concurrency = 2, window_seconds = 5 } })
    error_message = "Events do not invoke the tracker."
  }
  assert {
    condition = [for it in jsondecode(module.planet_queue["planet"].policy).Statement : it.Condition.ArnEquals["aws:SourceArn"] if it.Effect == "Allow"] == [
      "arn:aws:sns:eu-central-1:630658470130:osm-planet-eu-central-1-notifications"
    ]
    error_message = "Others than the topic may send events."
  }
  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "me@example.org"
    error_message = "Alarms are not mailed."
  }
  assert {
    condition = aws_budgets_budget.this[0].limit_amount == "5" && alltrue([
      for it in aws_budgets_budget.this[0].notification : it.subscriber_email_addresses == toset(["me@example.org"])
    ])
    error_message = "The budget does not mail."
  }
}

run "a_configuration_of_ones_own_is_taken_as_it_is" {
  command = plan

  variables {
    area        = null
    contact     = null
    config_file = "tests/own.toml"
    alarms      = false
    dashboard   = false
  }

  assert {
    condition     = aws_s3_object.config.content == file("tests/own.toml")
    error_message = "The file is not taken as it is."
  }
  assert {
    condition     = output.alarms == [] && output.dashboard == null
    error_message = "There are alarms or a dashboard that nobody wants."
  }
}

run "null_is_the_default" {
  command = plan

  variables {
    lease_seconds          = null
    documents              = null
    functions              = null
    visibility_seconds     = null
    publish_window_seconds = null
    delivery               = null
  }

  assert {
    condition     = var.lease_seconds == 300 && var.documents == tolist(["analysis"]) && module.queue["publish"].visibility_seconds == 670
    error_message = "Null is not the default, which modules around this one rely on."
  }
}

run "with_somebody_to_notify" {
  command = plan

  variables {
    notify_parameters = ["/osmtracker/chat"]
    rules             = "[[notify]]\nname = \"ops\"\nviews = [\"index\"]\nformat = \"slack\"\ntarget_ssm = \"/osmtracker/chat\""
  }

  assert {
    condition = jsonencode([for q in values(local.functions["notifier"].queues) : [q.arn, q.batch, q.window_seconds, q.concurrency]]) == jsonencode([
      ["arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify", 5, 0, 2],
    ])
    error_message = "The notifier is not invoked by its queue."
  }
  assert {
    condition     = strcontains(aws_s3_object.config.content, "[[notify]]")
    error_message = "The configuration does not name whom to notify."
  }
}
