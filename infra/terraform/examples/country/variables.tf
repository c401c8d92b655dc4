variable "area" {
  description = "Country or subdivision by its ISO code, such as DK or US-TX."
  type        = string
}

variable "contact" {
  description = "How the operators of OpenStreetMap's servers can reach you: an address of mail or web."
  type        = string
}

variable "region" {
  description = "AWS region. Upstream is in Europe."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "osmtracker"
}

variable "alarm_email" {
  description = "Address that alarms are mailed to, and a warning when the account spends 5 dollars a month; null: nobody."
  type        = string
  default     = null
}

variable "api_concurrency" {
  description = "Requests that the API answers at the same time: the cap of what it can cost. Null in a fresh account, whose 10 runs altogether are a cap and cannot be reserved."
  type        = number
  default     = null
}
