variable "name" {
  description = "Prefix of everything that CloudFront knows by name."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket, unique in the world."
  type        = string
}

variable "delivery" {
  description = "`cloudfront`: a distribution over a private bucket; `website`: the bucket's own, plain HTTP; `none`: not at all."
  type        = string
  default     = "cloudfront"

  validation {
    condition     = contains(["cloudfront", "website", "none"], var.delivery)
    error_message = "Delivery is \"cloudfront\", \"website\" or \"none\"."
  }
}

variable "allow_http" {
  description = "Whether the bucket answers plain HTTP: for a local cloud. A website does always."
  type        = bool
  default     = false
}

variable "abort_uploads_days" {
  description = "Days after which unfinished multipart uploads are removed; null: never."
  type        = number
  default     = 1
}

variable "force_destroy" {
  description = "Whether destroying removes the bucket with everything in it."
  type        = bool
  default     = true
}

variable "content_security_policy" {
  description = "The header of that name, from CloudFront."
  type        = string
}

variable "api" {
  description = "Whether an API stands beside the site, at /api/."
  type        = bool
  default     = false
}

variable "api_url" {
  description = "Address of the API's function, known when it exists."
  type        = string
  default     = null
}

variable "price_class" {
  description = "Where in the world CloudFront answers; PriceClass_100 is the cheapest."
  type        = string
  default     = "PriceClass_100"
}

variable "default_ttl_seconds" {
  description = "Seconds that CloudFront keeps what does not say how long it may be kept."
  type        = number
  default     = 30
}

variable "domain" {
  description = "Domain of the site; null: CloudFront's own."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "Certificate of the domain, from ACM in us-east-1."
  type        = string
  default     = null
}

variable "zone_id" {
  description = "Route 53 zone in which the domain is entered; null: somebody else does."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
}
