# The bucket of the site, and how readers get at it.

data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  cloudfront = var.delivery == "cloudfront"
  website    = var.delivery == "website"
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"

  statements = {
    # ListBucket makes an absent key 404 rather than 403. Nothing is listed: the function below gives every request a key.
    cloudfront = [{
      Sid       = "OnlyThisDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject", "s3:ListBucket"]
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { StringEquals = { "AWS:SourceArn" = one(aws_cloudfront_distribution.this[*].arn) } }
    }]
    website = [{
      Sid       = "Everybody"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["s3:GetObject"]
      Resource  = ["${local.bucket_arn}/*"]
    }]
    none = []
  }

  url = {
    cloudfront = "https://${coalesce(var.domain, one(aws_cloudfront_distribution.this[*].domain_name), "-")}/"
    website    = "http://${coalesce(one(aws_s3_bucket_website_configuration.this[*].website_endpoint), "-")}/"
    none       = "https://s3.${data.aws_region.current.id}.amazonaws.com/${var.bucket}/"
  }
}

module "bucket" {
  source = "../bucket"

  name               = var.bucket
  public_policy      = local.website
  policy_statements  = local.statements[var.delivery]
  allow_http         = var.allow_http || local.website
  abort_uploads_days = var.abort_uploads_days
  force_destroy      = var.force_destroy
  tags               = var.tags
}

resource "aws_s3_bucket_website_configuration" "this" {
  count  = local.website ? 1 : 0
  bucket = module.bucket.name

  index_document {
    suffix = "index.html"
  }
}

# ---- CloudFront

resource "aws_cloudfront_origin_access_control" "this" {
  count = local.cloudfront ? 1 : 0

  name                              = "${var.name}-site"
  description                       = "Reads ${var.bucket}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "folders" {
  count = local.cloudfront ? 1 : 0

  name    = "${var.name}-folders"
  comment = "views/NAME/ is views/NAME/index.html"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/folders.js")
}

resource "aws_cloudfront_cache_policy" "this" {
  count = local.cloudfront ? 1 : 0

  name        = "${var.name}-site"
  comment     = "As the objects' Cache-Control says"
  min_ttl     = 0
  default_ttl = var.default_ttl_seconds
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# ---- The API beside it

locals {
  api = local.cloudfront && var.api
}

resource "aws_cloudfront_origin_access_control" "api" {
  count = local.api ? 1 : 0

  name                              = "${var.name}-api"
  description                       = "Asks the API's function"
  origin_access_control_origin_type = "lambda"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_cache_policy" "api" {
  count = local.api ? 1 : 0

  name        = "${var.name}-api"
  comment     = "As the answers' Cache-Control says; nothing without one"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 3600

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Accept"]
      }
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "this" {
  count = local.cloudfront ? 1 : 0

  name    = "${var.name}-site"
  comment = "What browsers may do with pages made of other people's words"

  security_headers_config {
    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }

    # Not for other names of the domain, which are none of ours.
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      preload                    = false
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  count = local.cloudfront ? 1 : 0

  comment             = var.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  default_root_object = "index.html"
  aliases             = var.domain == null ? [] : [var.domain]
  tags                = var.tags

  origin {
    origin_id                = "bucket"
    domain_name              = module.bucket.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this[0].id
  }

  dynamic "origin" {
    for_each = local.api ? [var.api_url] : []

    content {
      origin_id                = "api"
      domain_name              = trimsuffix(trimprefix(coalesce(origin.value, "-"), "https://"), "/")
      origin_access_control_id = aws_cloudfront_origin_access_control.api[0].id

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
        origin_read_timeout    = 20
      }
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.api ? ["/api/*"] : []

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = "api"
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = ["GET", "HEAD"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.api[0].id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id
    }
  }

  default_cache_behavior {
    target_origin_id           = "bucket"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.this[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.folders[0].arn
    }
  }

  # Pages that are not there yet will be in a minute.
  custom_error_response {
    error_code            = 404
    error_caching_min_ttl = 10
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.domain == null ? null : var.certificate_arn
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}

resource "aws_route53_record" "this" {
  for_each = toset(local.cloudfront && var.domain != null && var.zone_id != null ? ["A", "AAAA"] : [])

  zone_id = var.zone_id
  name    = var.domain
  type    = each.value

  alias {
    name                   = aws_cloudfront_distribution.this[0].domain_name
    zone_id                = aws_cloudfront_distribution.this[0].hosted_zone_id
    evaluate_target_health = false
  }
}
