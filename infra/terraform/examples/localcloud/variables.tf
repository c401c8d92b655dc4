variable "endpoint" {
  description = "Address of the local cloud as readers of the site know it. The provider takes its own from AWS_ENDPOINT_URL."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "region" {
  description = "Region of the local cloud."
  type        = string
  default     = "eu-west-1"
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "osmtracker"
}

variable "packages" {
  description = "Folder that holds NAME/bootstrap.zip for each function; null: where `make package` puts them."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor that the packages are built for: that of the machine that runs the local cloud."
  type        = string
  default     = "x86_64"
}

variable "environment" {
  description = "Further variables of every function's environment."
  type        = map(string)
  default     = {}
}

variable "area" {
  description = "Area to follow: an ISO code, planet, or a name of area_files."
  type        = string
  default     = "planet"
}

variable "area_files" {
  description = "Area files by the names that `area` and `rules` know them by."
  type        = map(string)
  default     = {}
}

variable "contact" {
  description = "How the operators of upstream can reach you. With a replay as upstream that is nobody's concern."
  type        = string
  default     = "localcloud@example.org"
}

variable "since" {
  description = "Where to begin: a moment."
  type        = string
  default     = null
}

variable "from_sequence" {
  description = "Where to begin: the number of a replication file."
  type        = number
  default     = null
}

variable "rules" {
  description = "TOML that is appended to the configuration: labels, views."
  type        = string
  default     = ""
}

variable "config_file" {
  description = "Path of a configuration file that takes the place of everything that variables say about the configuration."
  type        = string
  default     = null
}

variable "replication_url" {
  description = "Folder that holds changesets/ and minute/; null: OpenStreetMap's. `osmtracker replay` prints its own."
  type        = string
  default     = null
}

variable "api_url" {
  description = "The OSM API; null: OpenStreetMap's."
  type        = string
  default     = null
}

variable "adiff_url" {
  description = "Augmented diffs by changeset, with {id}; null: OSMCha's."
  type        = string
  default     = null
}

variable "sources" {
  description = "Who is asked for old and new versions, in this order."
  type        = list(string)
  default     = null
}

variable "title" {
  description = "Heading of all pages."
  type        = string
  default     = null
}

variable "notice" {
  description = "A sentence at the top of each list."
  type        = string
  default     = null
}

variable "documents" {
  description = "Documents beside each changeset's page; null: as on AWS."
  type        = list(string)
  default     = null
}

variable "horizon_hours" {
  description = "Hours after its closing that a changeset stays on the site; 0: for good, since a replay is of long ago."
  type        = number
  default     = 0
}

variable "lease_seconds" {
  description = "Seconds that a worker may be silent before its work goes to another; null: as on AWS."
  type        = number
  default     = null
}

variable "log_level" {
  description = "error, warn, info, debug or trace."
  type        = string
  default     = null
}

variable "functions" {
  description = "Memory and time-out of functions, by name."
  type = map(object({
    memory_mb            = optional(number)
    timeout_seconds      = optional(number)
    reserved_concurrency = optional(number)
  }))
  default = {}
}

variable "tracker_schedule" {
  description = "When the feed is looked at; a minute is the least."
  type        = string
  default     = "rate(1 minute)"
}

variable "supervisor_schedule" {
  description = "When overdue work is looked for; a minute is the least."
  type        = string
  default     = "rate(1 minute)"
}

variable "schedules_enabled" {
  description = "Whether the schedules run; without them functions are invoked by hand."
  type        = bool
  default     = true
}

variable "filter_window_seconds" {
  description = "Seconds that messages for the filter are gathered: short, nobody pays."
  type        = number
  default     = 1
}

variable "analysis_window_seconds" {
  description = "Seconds that messages for the analyser are gathered."
  type        = number
  default     = 0
}

variable "publish_window_seconds" {
  description = "Seconds that messages gather before the publisher is invoked."
  type        = number
  default     = 1
}

variable "total_seconds" {
  description = "Seconds for one try of a request to upstream."
  type        = number
  default     = 60
}

variable "publish_seconds" {
  description = "Least seconds between two writings of lists."
  type        = number
  default     = 2
}

variable "status_seconds" {
  description = "Least seconds between two writings of the status while nothing is published."
  type        = number
  default     = 0
}

variable "max_receive_count" {
  description = "Deliveries of a message before it goes to the dead letters, by queue; null: as on AWS."
  type        = map(number)
  default     = null
}

variable "visibility_seconds" {
  description = "Seconds that a received message is hidden, by queue; null: as on AWS."
  type        = map(number)
  default     = null
}

variable "site_url" {
  description = "Where readers find the site, when it is not read from the bucket."
  type        = string
  default     = null
}

variable "abort_uploads_days" {
  description = "Days after which unfinished multipart uploads are removed; 0: never."
  type        = number
  default     = 1
}

variable "alarms" {
  description = "Whether there are alarms."
  type        = bool
  default     = true
}

variable "dashboard" {
  description = "Whether there is a dashboard."
  type        = bool
  default     = true
}

variable "search_url" {
  description = "A search server that functions reach, such as `http://127.0.0.1:9200`; null: no search index."
  type        = string
  default     = null
}

variable "search_credentials_parameter" {
  description = "Parameter with the account of the search server; null: it asks for none."
  type        = string
  default     = null
}

variable "notify_parameters" {
  description = "Parameters that `[[notify]]` in `rules` names. One makes the notifier."
  type        = list(string)
  default     = []
}

variable "notify_topics" {
  description = "Topics that `[[notify]]` in `rules` names."
  type        = list(string)
  default     = []
}
