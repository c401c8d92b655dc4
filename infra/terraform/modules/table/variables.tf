variable "name" {
  description = "Name of the table."
  type        = string
}

variable "billing" {
  description = "`on-demand`: each request is paid; `provisioned`: the capacity is, which is free up to 25 units in an account."
  type        = string
  default     = "on-demand"

  validation {
    condition     = contains(["on-demand", "provisioned"], var.billing)
    error_message = "Billing is \"on-demand\" or \"provisioned\"."
  }
}

variable "capacity" {
  description = "Units a second of the table and of each of its two indices, when they are provisioned."
  type = object({
    table_read  = optional(number, 9)
    table_write = optional(number, 9)
    index_read  = optional(number, 8)
    index_write = optional(number, 8)
  })
  default = {}

  validation {
    condition     = alltrue([for units in values(var.capacity) : units >= 1 && floor(units) == units])
    error_message = "Capacities are whole numbers from 1."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the last 35 days can be restored; paid by size."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether the table refuses to be destroyed."
  type        = bool
  default     = false
}

variable "stream" {
  description = "Whether changes of rows can be followed, old and new image each."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of the table."
  type        = map(string)
  default     = {}
}
