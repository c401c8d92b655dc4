variable "contact" {
  description = "How the operators of OpenStreetMap's servers can reach you: an address of mail or web."
  type        = string
}

variable "region" {
  description = "AWS region: eu-central-1 or us-west-2, where OpenStreetMap's bucket tells of new files."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "osmtracker-planet"
}

variable "rules" {
  description = "Labels and views, as TOML. Built-in labels are the least that makes the planet readable."
  type        = string
  default     = <<-EOT
    [builtin]
    review-requested = true
    possible-import = true
    mass-deletion = true

    [[views]]
    name = "suspicious"
    title = "Imports and mass deletions"
    any = ["possible-import", "mass-deletion"]
  EOT
}

variable "alarm_email" {
  description = "Address that alarms are mailed to, and a warning when the account spends 30 dollars a month; null: nobody."
  type        = string
  default     = null
}
