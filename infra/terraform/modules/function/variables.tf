variable "name" {
  description = "Name of the function, of its roles and of its log group."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name))
    error_message = "A function's name has 1 to 54 characters A-Z, a-z, 0-9, _ and -."
  }
}

variable "package" {
  description = "Path of the zip that holds the executable `bootstrap`."
  type        = string
}

variable "architecture" {
  description = "Processor that the package is built for: `arm64`, the cheaper one, or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is \"arm64\" or \"x86_64\"."
  }
}

variable "memory_mb" {
  description = "Memory; the share of a processor follows it."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "Memory is 128 to 10240 MB."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which a run is ended."
  type        = number
  default     = 55

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "A run lasts 1 to 900 seconds."
  }
}

variable "reserved_concurrency" {
  description = "Runs at the same time that are set aside for the function and that it cannot exceed; null: neither."
  type        = number
  default     = null
}

variable "environment" {
  description = "Variables of the function's environment."
  type        = map(string)
  default     = {}
}

variable "statements" {
  description = "What the function may do, besides writing its log. Neither all actions nor all resources can be given."
  type = list(object({
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(list(string))))
  }))
  default = []

  validation {
    condition = alltrue(flatten([for it in var.statements : [
      for action in it.actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))
    ]]))
    error_message = "Actions are named one by one, without *."
  }

  validation {
    condition     = alltrue(flatten([for it in var.statements : [for arn in it.resources : startswith(arn, "arn:")]]))
    error_message = "Resources are given by their ARNs, not as *."
  }
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 14
}

variable "schedule" {
  description = "When the function is invoked by the clock; null: never."
  type = object({
    expression      = string
    enabled         = optional(bool, true)
    max_age_seconds = optional(number, 60)
  })
  default = null
}

variable "queues" {
  description = "Queues whose messages invoke the function, by any name. Their actions are among the statements already."
  type = map(object({
    arn                     = string
    batch                   = number
    window_seconds          = number
    concurrency             = optional(number)
    report_partial_failures = optional(bool, true)
  }))
  default = {}

  validation {
    condition     = alltrue([for it in values(var.queues) : it.batch <= 10 || it.window_seconds >= 1])
    error_message = "A batch of more than 10 messages needs a window of at least 1 second."
  }
}

variable "streams" {
  description = <<-EOT
    Streams of tables that invoke the function, by any name. Their actions, and sending to the queue `dead_arn`, are among
    the statements already. `filter` is a pattern that records must have.
  EOT
  type = map(object({
    arn             = string
    batch           = number
    window_seconds  = number
    max_age_seconds = number
    dead_arn        = string
    filter          = optional(any)
  }))
  default = {}
}

variable "async" {
  description = "What becomes of invocations that nobody waits for; null: AWS's two further tries in six hours."
  type = object({
    retries         = number
    max_age_seconds = number
  })
  default = null
}

variable "url" {
  description = <<-EOT
    An address of the function; null: none. `authorization` is `AWS_IAM` (signed requests) or `NONE` (everybody). Others of
    the account have their right in their own policies; a distribution is let in where it is made, since it needs the address.
  EOT
  type = object({
    authorization = string
  })
  default = null

  validation {
    condition     = var.url == null || contains(["AWS_IAM", "NONE"], try(var.url.authorization, ""))
    error_message = "The authorization of a URL is \"AWS_IAM\" or \"NONE\"."
  }
}

variable "start_after" {
  description = "What must be there before the function is invoked for the first time: anything made of it."
  type        = any
  default     = null
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
}
