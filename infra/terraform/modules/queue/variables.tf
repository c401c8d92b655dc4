variable "name" {
  description = "Name of the queue; its dead letters go to NAME-dead."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,75}$", var.name))
    error_message = "A queue's name has 1 to 75 characters A-Z, a-z, 0-9, _ and -."
  }
}

variable "visibility_seconds" {
  description = "Seconds that a received message is hidden: six times the time-out of the function that receives it."
  type        = number

  validation {
    condition     = var.visibility_seconds >= 0 && var.visibility_seconds <= 43200
    error_message = "A message can be hidden for 0 to 43200 seconds."
  }
}

variable "max_receive_count" {
  description = "Deliveries of a message before it counts as dead."
  type        = number
  default     = 8

  validation {
    condition     = var.max_receive_count >= 1 && var.max_receive_count <= 1000
    error_message = "A message is delivered 1 to 1000 times."
  }
}

variable "retention_days" {
  description = "Days that a message is kept in the queue."
  type        = number
  default     = 4

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14
    error_message = "Messages are kept for 1 to 14 days."
  }
}

variable "max_message_bytes" {
  description = "Size of the largest message."
  type        = number
  default     = 65536
}

variable "policy_statements" {
  description = "Statements of the queue's policy besides the refusal of plain HTTP."
  type        = any
  default     = []
}

variable "allow_http" {
  description = "Whether plain HTTP is answered: for a local cloud, which knows nothing else."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of the queues."
  type        = map(string)
  default     = {}
}
