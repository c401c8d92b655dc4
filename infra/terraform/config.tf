# The configuration that functions read: one TOML object, and area files beside it. A key that is not set is left out,
# so that the program's own default stands. What JSON writes for text, numbers and lists is TOML as well.

locals {
  tables = {
    "" = {
      area          = var.area
      track         = var.track
      contact       = var.contact
      since         = var.since
      from_sequence = var.from_sequence
    }
    upstream = {
      replication_url     = var.replication_url
      api_url             = var.api_url
      adiff_url           = var.adiff_url
      real_changesets_url = var.real_changesets_url
      sources             = var.sources
      total_seconds       = var.total_seconds
      attempts            = var.attempts
      allowed_hosts       = var.allowed_hosts
      allow_private       = var.allow_private
    }
    site = {
      title               = var.title
      area                = var.area_name
      base_url            = local.site_url
      notice              = var.notice
      documents           = var.documents
      basemap             = var.basemap
      basemap_attribution = var.basemap_attribution
    }
    pipeline = {
      refresh_open_minutes = var.refresh_open_minutes
      refresh_meta_minutes = var.refresh_meta_minutes
      retry_minutes        = var.retry_minutes
      max_attempts         = var.max_attempts
      horizon_hours        = var.horizon_hours
      lease_seconds        = var.lease_seconds
      max_sequences        = var.max_sequences
      window_rows          = var.window_rows
      publish_seconds      = var.publish_seconds
      status_seconds       = var.status_seconds
      metrics              = var.metrics
    }
    search = {
      url                   = var.search_url
      index                 = var.search_index
      credentials_parameter = var.search_credentials_parameter
      ca_file               = var.search_ca_file == null ? null : local.search_ca_key
      allow_http            = var.search_allow_http
    }
    log = {
      level  = var.log_level
      format = "json"
    }
  }

  # What belongs to no table must come first.
  config_tables = concat(["", "upstream", "site", "pipeline"], local.search ? ["search"] : [], ["log"])
  config_lines = flatten([for table in local.config_tables : concat(
    table == "" ? [] : ["", "[${table}]"],
    [for key, value in local.tables[table] : "${key} = ${jsonencode(value)}" if value != null],
  )])
  written_config = join("\n", concat(
    ["# Written by Terraform; changes made here are lost."],
    # Functions read area files again only when the configuration is another one.
    [for name, path in var.area_files : "# ${name}: ${filemd5(path)}"],
    var.search_ca_file == null ? [] : ["# ${local.search_ca_key}: ${filemd5(var.search_ca_file)}"],
    local.config_lines,
    [for rules in [trimspace(var.rules)] : "\n${rules}" if rules != ""],
    [""],
  ))
  config = var.config_file == null ? local.written_config : file(var.config_file)

  site_url = coalesce(var.site_url, module.site.url)
}

resource "aws_s3_object" "config" {
  bucket       = module.private.name
  key          = local.config_key
  content      = local.config
  content_type = "application/toml"

  # Functions read the configuration again when it changes: what it names must be there.
  depends_on = [aws_s3_object.area, aws_s3_object.search_ca]
}

resource "aws_s3_object" "area" {
  for_each = var.area_files

  bucket      = module.private.name
  key         = "config/${each.key}"
  source      = each.value
  source_hash = filemd5(each.value)
}
