# How readers get at the site.

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
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d1.cloudfront.net" }
  }
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/f" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { bucket_regional_domain_name = "x.s3.eu-central-1.amazonaws.com" }
  }
  mock_resource "aws_s3_bucket_website_configuration" {
    defaults = { website_endpoint = "x.s3-website.eu-central-1.amazonaws.com" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/x" }
  }
}

variables {
  packages = "tests/packages"
  area     = "DK"
  contact  = "me@example.org"
}

run "cloudfront_over_a_private_bucket" {
  module {
    source = "./modules/site"
  }

  variables {
    name                    = "x"
    bucket                  = "some-bucket"
    content_security_policy = "default-src 'none'"
  }

  assert {
    condition     = output.url == "https://d1.cloudfront.net/"
    error_message = "The site is at the distribution's own domain."
  }
  assert {
    condition = [for it in jsondecode(module.bucket.policy).Statement : it if it.Effect == "Allow"] == [{
      Sid       = "OnlyThisDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject", "s3:ListBucket"]
      Resource  = ["arn:aws:s3:::some-bucket", "arn:aws:s3:::some-bucket/*"]
      Condition = { StringEquals = { "AWS:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E1" } }
    }]
    error_message = "Others than the distribution can read the bucket."
  }
  assert {
    condition     = module.bucket.closed
    error_message = "The bucket can be opened to the public."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_distribution.this[0].http_version == "http2and3",
      aws_cloudfront_distribution.this[0].is_ipv6_enabled,
      aws_cloudfront_distribution.this[0].price_class == "PriceClass_100",
      aws_cloudfront_distribution.this[0].default_root_object == "index.html",
      aws_cloudfront_distribution.this[0].default_cache_behavior[0].compress,
      aws_cloudfront_distribution.this[0].default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https",
      length(aws_cloudfront_distribution.this[0].aliases) == 0,
      length(aws_route53_record.this) == 0,
    ])
    error_message = "The distribution is not as said."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_cache_policy.this[0].min_ttl == 0,
      aws_cloudfront_cache_policy.this[0].default_ttl == 30,
      aws_cloudfront_origin_access_control.this[0].signing_behavior == "always",
    ])
    error_message = "Objects say themselves how long they are kept, and the origin is asked with signed requests."
  }
  assert {
    condition = alltrue([for it in aws_cloudfront_response_headers_policy.this[0].security_headers_config : alltrue([
      it.content_security_policy[0].content_security_policy == "default-src 'none'",
      it.content_type_options[0].override,
      it.referrer_policy[0].referrer_policy == "strict-origin-when-cross-origin",
      it.strict_transport_security[0].access_control_max_age_sec == 31536000,
    ])])
    error_message = "The security headers are not as said."
  }
}

run "a_domain_of_ones_own" {
  module {
    source = "./modules/site"
  }

  variables {
    name                    = "x"
    bucket                  = "some-bucket"
    content_security_policy = "default-src 'none'"
    domain                  = "osm.example.org"
    certificate_arn         = "arn:aws:acm:us-east-1:123456789012:certificate/c"
    zone_id                 = "Z1"
  }

  assert {
    condition     = output.url == "https://osm.example.org/" && aws_cloudfront_distribution.this[0].aliases == toset(["osm.example.org"])
    error_message = "The site is at the domain."
  }
  assert {
    condition     = aws_cloudfront_distribution.this[0].viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Old TLS is spoken."
  }
  assert {
    condition     = toset([for it in aws_route53_record.this : it.type]) == toset(["A", "AAAA"])
    error_message = "The domain is entered for IPv4 and IPv6."
  }
}

run "a_website_is_read_by_everybody" {
  module {
    source = "./modules/site"
  }

  variables {
    name                    = "x"
    bucket                  = "some-bucket"
    content_security_policy = "default-src 'none'"
    delivery                = "website"
  }

  assert {
    condition     = output.url == "http://x.s3-website.eu-central-1.amazonaws.com/"
    error_message = "The site is at the bucket's website."
  }
  assert {
    condition = [for it in jsondecode(module.bucket.policy).Statement : [it.Effect, it.Action, it.Resource]] == [
      ["Allow", ["s3:GetObject"], ["arn:aws:s3:::some-bucket/*"]]
    ]
    error_message = "Everybody may read, and do nothing else."
  }
  assert {
    condition     = one(aws_s3_bucket_website_configuration.this[0].index_document).suffix == "index.html" && !module.bucket.closed
    error_message = "Folders are not their index.html, or the policy would be refused."
  }
  assert {
    condition     = length(aws_cloudfront_distribution.this) == 0
    error_message = "There is a distribution besides."
  }
}

run "no_delivery_at_all" {
  module {
    source = "./modules/site"
  }

  variables {
    name                    = "x"
    bucket                  = "some-bucket"
    content_security_policy = "default-src 'none'"
    delivery                = "none"
    allow_http              = true
  }

  assert {
    condition     = output.url == "https://s3.eu-central-1.amazonaws.com/some-bucket/" && module.bucket.policy == null && module.bucket.closed
    error_message = "The bucket stays closed and has no policy."
  }
}

run "the_sites_address_is_in_the_configuration" {
  assert {
    condition     = output.site_url == "https://d1.cloudfront.net/" && strcontains(aws_s3_object.config.content, "base_url = \"https://d1.cloudfront.net/\"\n")
    error_message = "Feeds would lead elsewhere."
  }
  assert {
    condition     = local.content_security_policy == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    error_message = "The policy of content is not the pages' own."
  }
}

run "an_address_of_ones_own_delivery" {
  command = plan

  variables {
    delivery = "none"
    site_url = "https://osm.example.org/dk/"
  }

  assert {
    condition     = output.site_url == "https://osm.example.org/dk/" && strcontains(aws_s3_object.config.content, "base_url = \"https://osm.example.org/dk/\"\n")
    error_message = "The address is not as said."
  }
}

run "without_delivery_the_page_is_told" {
  command = plan

  variables {
    delivery = "none"
  }

  assert {
    condition     = output.site_url == "https://s3.eu-central-1.amazonaws.com/osmtracker-site-123456789012-eu-central-1/index.html"
    error_message = "A bucket serves no folders, so the page itself is named."
  }
}

run "tiles_of_a_basemap_are_let_in" {
  command = plan

  variables {
    delivery            = "none"
    basemap             = "https://tile.example.org/{z}/{x}/{y}.png"
    basemap_attribution = "© OpenStreetMap contributors"
  }

  assert {
    condition = alltrue([for part in ["img-src 'self' data: blob: https://tile.example.org;", "connect-src 'self' https://tile.example.org;"] :
      strcontains(local.content_security_policy, part)
    ])
    error_message = "The map would stay empty."
  }
}

run "a_file_of_the_site_lets_nobody_in" {
  command = plan

  variables {
    delivery            = "none"
    basemap             = "maps/dk.pmtiles"
    basemap_attribution = "© OpenStreetMap contributors"
  }

  assert {
    condition     = strcontains(local.content_security_policy, "connect-src 'self';")
    error_message = "Nobody else need be asked."
  }
}

run "an_api_beside_the_site" {
  module {
    source = "./modules/site"
  }

  variables {
    name                    = "x"
    bucket                  = "some-bucket"
    content_security_policy = "default-src 'none'"
    api                     = true
    api_url                 = "https://abc.lambda-url.eu-central-1.on.aws/"
  }

  assert {
    condition = [for it in aws_cloudfront_distribution.this[0].origin : it.domain_name if it.origin_id == "api"] == [
      "abc.lambda-url.eu-central-1.on.aws"
    ]
    error_message = "The function is not an origin."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_origin_access_control.api[0].origin_access_control_origin_type == "lambda",
      aws_cloudfront_origin_access_control.api[0].signing_behavior == "always",
    ])
    error_message = "The function is asked without a signature."
  }
  assert {
    condition = [for it in aws_cloudfront_distribution.this[0].ordered_cache_behavior : [it.path_pattern, it.target_origin_id, join(" ", sort(it.allowed_methods))]] == [
      ["/api/*", "api", "GET HEAD"]
    ]
    error_message = "Something else than /api/ goes to the function, or in another way than to be read."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_cache_policy.api[0].default_ttl == 0,
      one(aws_cloudfront_cache_policy.api[0].parameters_in_cache_key_and_forwarded_to_origin).query_strings_config[0].query_string_behavior == "all",
      one(aws_cloudfront_cache_policy.api[0].parameters_in_cache_key_and_forwarded_to_origin).cookies_config[0].cookie_behavior == "none",
    ])
    error_message = "Answers are kept longer than they say, or for another question."
  }
}

run "the_distribution_alone_may_ask_the_function" {
  assert {
    condition     = { for it in aws_lambda_permission.distribution : it.action => "${it.principal} ${it.source_arn}" } == { for action in ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] : action => "cloudfront.amazonaws.com arn:aws:cloudfront::123456789012:distribution/E1" }
    error_message = "A function URL wants both permissions, for the distribution alone."
  }
  assert {
    condition     = aws_lambda_permission.distribution["lambda:InvokeFunctionUrl"].function_url_auth_type == "AWS_IAM"
    error_message = "The address takes requests without a signature."
  }
  assert {
    condition     = output.api_url == "https://d1.cloudfront.net/"
    error_message = "The API is not beside the site."
  }
}

run "without_an_api_there_is_none" {
  variables {
    api = false
  }

  assert {
    condition = alltrue([
      !contains(keys(module.function), "api"),
      length(aws_lambda_permission.distribution) == 0,
      output.api_url == null,
      output.api_function_url == null,
    ])
    error_message = "Something of the API is there."
  }
}
