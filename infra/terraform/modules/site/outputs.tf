output "bucket" {
  description = "Name of the bucket, known when it exists."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = module.bucket.arn
}

output "url" {
  description = "Where the site is, with a slash at the end."
  value       = local.url[var.delivery]
}

output "distribution_arn" {
  description = "ARN of the distribution; null without one."
  value       = one(aws_cloudfront_distribution.this[*].arn)
}

output "distribution_id" {
  description = "Id of the distribution; null without one."
  value       = one(aws_cloudfront_distribution.this[*].id)
}
