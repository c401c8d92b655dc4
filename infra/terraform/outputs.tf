output "site_url" {
  description = "Where the site is. Its first page is there some minutes after the first apply."
  value       = var.delivery == "none" && var.site_url == null ? "${local.site_url}index.html" : local.site_url
}

output "api_url" {
  description = "Where the API is, with a slash at the end: beside the site behind CloudFront, else at the function's own address; null without one."
  value       = !var.api ? null : var.delivery == "cloudfront" ? local.site_url : module.function["api"].url
}

output "api_function_url" {
  description = "The function's own address, which CloudFront asks; null without an API."
  value       = try(module.function["api"].url, null)
}

output "site_bucket" {
  description = "Bucket of the site."
  value       = module.site.bucket
}

output "private_bucket" {
  description = "Bucket of analyses, the publisher's window, and the configuration."
  value       = module.private.name
}

output "config_key" {
  description = "Key of the configuration in the private bucket."
  value       = aws_s3_object.config.key
}

output "table" {
  description = "Name of the table."
  value       = module.table.name
}

output "table_stream_arn" {
  description = "Stream of the table; null without one."
  value       = module.table.stream_arn
}

output "queues" {
  description = "URLs of the queues, by name."
  value       = { for name, queue in module.queue : name => queue.url }
}

output "dead_letter_queues" {
  description = "URLs of the queues of dead letters, by name of the queue."
  value       = { for name, queue in module.queue : name => queue.dead_url }
}

output "search_dead_letters" {
  description = "URL of the queue of what the search index never takes; null without an index."
  value       = one(aws_sqs_queue.search_dead[*].url)
}

output "functions" {
  description = "Names of the functions as AWS knows them, by name."
  value       = { for name, function in module.function : name => function.name }
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard; null without one."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "alarms" {
  description = "Names of the alarms."
  value       = local.alarm_names
}
