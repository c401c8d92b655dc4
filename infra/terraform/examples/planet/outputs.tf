output "site_url" {
  description = "Where the site is."
  value       = module.osmtracker.site_url
}

output "api_url" {
  description = "Where the API is; null without one."
  value       = module.osmtracker.api_url
}

output "site_bucket" {
  description = "Bucket of the site."
  value       = module.osmtracker.site_bucket
}

output "private_bucket" {
  description = "Bucket of analyses, the publisher's window, and the configuration."
  value       = module.osmtracker.private_bucket
}

output "config_key" {
  description = "Key of the configuration in the private bucket."
  value       = module.osmtracker.config_key
}

output "table" {
  description = "Name of the table."
  value       = module.osmtracker.table
}

output "queues" {
  description = "URLs of the queues, by name."
  value       = module.osmtracker.queues
}

output "dead_letter_queues" {
  description = "URLs of the queues of dead letters, by name of the queue."
  value       = module.osmtracker.dead_letter_queues
}

output "functions" {
  description = "Names of the functions as AWS knows them, by name."
  value       = module.osmtracker.functions
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.osmtracker.dashboard
}

output "alarms" {
  description = "Names of the alarms."
  value       = module.osmtracker.alarms
}
