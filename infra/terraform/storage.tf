# ---- Table

module "table" {
  source = "./modules/table"

  name                   = var.name
  billing                = var.billing
  capacity               = var.capacity
  point_in_time_recovery = var.point_in_time_recovery
  deletion_protection    = var.deletion_protection
  stream                 = var.stream || local.search
  tags                   = var.tags
}

# ---- Buckets: the site's, which readers see, and one for analyses, the publisher's window, and the configuration

module "site" {
  source = "./modules/site"

  name                    = var.name
  bucket                  = local.site_bucket
  delivery                = var.delivery
  domain                  = var.domain
  certificate_arn         = var.certificate_arn
  zone_id                 = var.zone_id
  price_class             = var.price_class
  content_security_policy = coalesce(var.content_security_policy, local.content_security_policy)
  api                     = var.api
  api_url                 = try(module.function["api"].url, null)
  allow_http              = var.allow_http
  abort_uploads_days      = local.abort_uploads_days
  force_destroy           = var.force_destroy
  tags                    = var.tags
}

module "private" {
  source = "./modules/bucket"

  name               = local.private_bucket
  allow_http         = var.allow_http
  abort_uploads_days = local.abort_uploads_days
  force_destroy      = var.force_destroy
  tags               = var.tags
}

locals {
  abort_uploads_days = var.abort_uploads_days == 0 ? null : var.abort_uploads_days

  # As the pages say it themselves: the server of a basemap's tiles is let in, nobody else.
  tiles = try(" ${regex("^(https?://[^/]+)/.*([{]z[}]|[.]pmtiles$)", var.basemap)[0]}", "")
  content_security_policy = join("; ", [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:${local.tiles}",
    "connect-src 'self'${local.tiles}",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ])
}

# ---- Queues

locals {
  windows = {
    filter   = var.filter_window_seconds
    analysis = var.analysis_window_seconds
    publish  = var.publish_window_seconds
    notify   = var.notify_window_seconds
  }
  max_receive_count = merge({ filter = 100, analysis = 100, publish = 200, notify = 200 }, var.max_receive_count)
}

module "queue" {
  source   = "./modules/queue"
  for_each = local.workers

  name = "${var.name}-${each.key}"
  # As AWS asks for: a throttled or crashed run leaves time for others before the message shows up again.
  visibility_seconds = lookup(
    var.visibility_seconds, each.key,
    min(43200, 6 * local.settings[each.value].timeout_seconds + local.windows[each.key])
  )
  max_receive_count = local.max_receive_count[each.key]
  allow_http        = var.allow_http
  tags              = var.tags
}
