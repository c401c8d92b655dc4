variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 characters a-z, 0-9 and -."
  }
}

variable "public_policy" {
  description = "Whether the bucket's policy may let everybody read. Access lists stay blocked either way."
  type        = bool
  default     = false
}

variable "policy_statements" {
  description = "Statements of the bucket's policy besides the refusal of plain HTTP."
  type        = any
  default     = []
}

variable "allow_http" {
  description = "Whether plain HTTP is answered: for website endpoints and a local cloud, which know nothing else."
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

variable "tags" {
  description = "Tags of the bucket."
  type        = map(string)
  default     = {}
}
