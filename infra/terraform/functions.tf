# To add a function: its default settings, an entry in `functions`, and its rights in iam.tf.

locals {
  defaults = {
    tracker    = { memory_mb = 128, timeout_seconds = 55 }
    filter     = { memory_mb = 128, timeout_seconds = 60 }
    analyser   = { memory_mb = 1024, timeout_seconds = 240 }
    publisher  = { memory_mb = 512, timeout_seconds = 110 }
    supervisor = { memory_mb = 128, timeout_seconds = 55 }
    api        = { memory_mb = 256, timeout_seconds = 15 }
    search     = { memory_mb = 128, timeout_seconds = 60 }
    notifier   = { memory_mb = 128, timeout_seconds = 60 }
  }
  settings = { for name, default in local.defaults : name => {
    memory_mb       = try(coalesce(var.functions[name].memory_mb), default.memory_mb)
    timeout_seconds = try(coalesce(var.functions[name].timeout_seconds), default.timeout_seconds)
    # Everybody in the world can invoke the API: without a limit of its own, so does what it costs.
    reserved_concurrency = try(coalesce(
      try(var.functions[name].reserved_concurrency, null),
      name == "api" ? var.api_concurrency : null,
    ), null)
  } }

  # What invokes each.
  functions = merge(
    local.background,
    var.api ? { api = { url = { authorization = var.api_authorization } } } : {},
    local.search ? { search = {} } : {}, # by the table's stream, see search.tf
    local.notifies ? local.notifiers : {},
  )
  background = {
    tracker = {
      schedule = var.tracker_schedule
      queues   = local.ingest_queues
    }
    filter = {
      queues = { filter = {
        arn            = module.queue["filter"].arn
        batch          = var.filter_batch
        window_seconds = var.filter_window_seconds
        concurrency    = var.filter_concurrency
      } }
    }
    analyser = {
      queues = { analysis = {
        arn            = module.queue["analysis"].arn
        batch          = var.analysis_batch
        window_seconds = var.analysis_window_seconds
        concurrency    = var.analysis_concurrency
      } }
    }
    publisher = {
      queues = { publish = {
        arn            = module.queue["publish"].arn
        batch          = var.publish_batch
        window_seconds = var.publish_window_seconds
        concurrency    = var.publish_concurrency
      } }
    }
    supervisor = {
      schedule = var.supervisor_schedule
    }
  }
  notifiers = {
    notifier = {
      queues = { notify = {
        arn            = module.queue["notify"].arn
        batch          = var.notify_batch
        window_seconds = var.notify_window_seconds
        concurrency    = var.notify_concurrency
      } }
    }
  }

  packages = coalesce(var.packages, "${path.module}/../../dist/${var.architecture}")

  # The same for all: a function takes what it needs.
  environment = merge(
    var.environment,
    {
      OSMTRACKER_AWS_TABLE          = module.table.name
      OSMTRACKER_AWS_SITE_BUCKET    = module.site.bucket
      OSMTRACKER_AWS_PRIVATE_BUCKET = module.private.name
      OSMTRACKER_AWS_CONFIG_KEY     = local.config_key
    },
    { for name, queue in module.queue : "OSMTRACKER_AWS_QUEUE_${upper(name)}" => queue.url },
    { for name, queue in module.queue : "OSMTRACKER_AWS_QUEUE_${upper(name)}_DEAD" => queue.dead_url },
    local.search_environment,
  )
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name                 = "${var.name}-${each.key}"
  package              = "${local.packages}/${each.key}/bootstrap.zip"
  architecture         = var.architecture
  memory_mb            = local.settings[each.key].memory_mb
  timeout_seconds      = local.settings[each.key].timeout_seconds
  reserved_concurrency = local.settings[each.key].reserved_concurrency
  environment          = local.environment
  statements           = local.statements[each.key]
  log_retention_days   = var.log_retention_days
  queues               = try(each.value.queues, {})
  streams              = each.key == "search" ? local.search_streams : {}
  url                  = try(each.value.url, null)
  schedule = (!can(each.value.schedule) ? null :
  { expression = each.value.schedule, enabled = var.schedules_enabled })
  # Nothing but the clock invokes without waiting, and it will again in a minute.
  async       = !can(each.value.schedule) ? null : { retries = 0, max_age_seconds = 60 }
  start_after = aws_s3_object.config.key
  tags        = var.tags
}
