output "name" {
  description = "Name of the bucket, known when it exists."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "ARN of the bucket."
  value       = local.arn
}

output "regional_domain_name" {
  description = "Host of the bucket in its region: the origin of a distribution."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "policy" {
  description = "The bucket's policy as JSON; null without one."
  value       = one(aws_s3_bucket_policy.this[*].policy)
}

output "closed" {
  description = "Whether everything that could open the bucket to the public is blocked."
  value = alltrue([
    aws_s3_bucket_public_access_block.this.block_public_acls,
    aws_s3_bucket_public_access_block.this.block_public_policy,
    aws_s3_bucket_public_access_block.this.ignore_public_acls,
    aws_s3_bucket_public_access_block.this.restrict_public_buckets,
  ])
}
