# A bucket without versions, encrypted with the service's own key, closed to the public.

data "aws_partition" "current" {}

locals {
  # Written from its name, not read from the bucket, so that a plan shows the policy in full.
  arn = "arn:${data.aws_partition.current.partition}:s3:::${var.name}"

  refuse_plain_http = {
    Sid       = "RefusePlainHttp"
    Effect    = "Deny"
    Principal = { AWS = "*" }
    Action    = "s3:*"
    Resource  = [local.arn, "${local.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  statements = concat([for it in [local.refuse_plain_http] : it if !var.allow_http], var.policy_statements)
}

resource "aws_s3_bucket" "this" {
  bucket        = var.name
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = !var.public_policy
  restrict_public_buckets = !var.public_policy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # SSE-S3: a key of one's own costs a dollar a month and more for each request.
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count  = var.abort_uploads_days == null ? 0 : 1
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "abort-unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_uploads_days
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  count  = length(local.statements) == 0 ? 0 : 1
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })

  # A policy that lets everybody read is refused as long as the block stands.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
