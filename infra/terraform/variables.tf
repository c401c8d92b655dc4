# Null means the program's own default wherever it is the default here: such keys are left out of its configuration.

# ---- The deployment

variable "name" {
  description = "Prefix of all names, so that several deployments live side by side in an account, whatever their regions."
  type        = string
  default     = "osmtracker"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "The name has 2 to 24 characters a-z, 0-9 and -, and begins with a letter."
  }
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "packages" {
  description = "Folder that holds `NAME/bootstrap.zip` for each function; null: where `make package` puts them."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor that the packages are built for: `arm64`, the cheaper one, or `x86_64`."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is \"arm64\" or \"x86_64\"."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` removes the buckets with everything in them."
  type        = bool
  default     = true
  nullable    = false
}

variable "allow_http" {
  description = "Whether buckets and queues answer plain HTTP: for a local cloud, which knows nothing else."
  type        = bool
  default     = false
  nullable    = false
}

variable "abort_uploads_days" {
  description = "Days after which unfinished multipart uploads are removed; 0: never."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.abort_uploads_days >= 0 && floor(var.abort_uploads_days) == var.abort_uploads_days
    error_message = "A whole number of days, 0 for never."
  }
}

# ---- What is followed

variable "area" {
  description = "Area to follow: a country or subdivision by its ISO code (`DK`, `US-TX`), `planet`, or a name of `area_files`."
  type        = string
  default     = null

  validation {
    condition     = var.area != null || var.track != null || var.config_file != null
    error_message = "Say what is followed: set area (or track with rules, or config_file)."
  }

  validation {
    condition     = var.area == null || !can(regex("[./\\\\]", var.area)) || contains(keys(var.area_files), coalesce(var.area, "-"))
    error_message = "An area that is a file must be one of area_files, by its name there."
  }
}

variable "area_files" {
  description = "Area files (.poly or GeoJSON) by the names that `area` and `rules` know them by: `{ \"lake.poly\" = \"./lake.poly\" }`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.area_files) : can(regex("^[A-Za-z0-9_-][A-Za-z0-9_./-]*\\.[A-Za-z]+$", name))])
    error_message = "Names of area files have an ending, such as lake.poly, and are relative."
  }

  validation {
    condition     = !contains(keys(var.area_files), "osmtracker.toml")
    error_message = "osmtracker.toml is the configuration itself."
  }
}

variable "track" {
  description = "Lists of labels: changesets that have all labels of any list are tracked, besides `area`."
  type        = list(list(string))
  default     = null
}

variable "rules" {
  description = "TOML that is appended to the configuration: `[areas]`, `[lists]`, `[[labels]]`, `[builtin]`, `[[views]]`, `[[notify]]`."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !can(regex("(?m)^\\s*\\[\\s*(upstream|site|pipeline|search|log)\\s*\\]", var.rules))
    error_message = "[upstream], [site], [pipeline], [search] and [log] are written from variables; a table cannot be there twice."
  }

  validation {
    condition     = !can(regex("(?m)^\\s*\\[\\[\\s*notify\\s*\\]\\]", var.rules)) || local.notifies
    error_message = "[[notify]] has nobody to send it: name its secrets in notify_parameters, or its topics in notify_topics."
  }
}

variable "config_file" {
  description = "Path of a configuration file that takes the place of everything that variables say about the configuration."
  type        = string
  default     = null

  validation {
    condition     = var.config_file == null || try(fileexists(var.config_file), false)
    error_message = "There is no such file."
  }
}

variable "contact" {
  description = "How the operators of OpenStreetMap's servers can reach you: an address of mail or web. They block those whom they cannot reach."
  type        = string
  default     = null

  validation {
    condition     = var.contact != null || var.config_file != null
    error_message = "Set contact: the OSM API blocks those whom it cannot reach."
  }

  validation {
    condition     = var.contact == null || can(regex("^(https?://[!-~]+|[!-~]+@[!-~]+\\.[!-~]+)$", var.contact))
    error_message = "The contact is an address of mail or web."
  }
}

variable "since" {
  description = "Where to begin: `2026-11-22T09:00Z`, `2026-11-22`, `2 hours ago`; null: at the head of the feed."
  type        = string
  default     = null

  validation {
    condition     = var.since == null || var.from_sequence == null
    error_message = "Set since or from_sequence, not both."
  }
}

variable "from_sequence" {
  description = "Where to begin, as the number of a replication file."
  type        = number
  default     = null

  validation {
    condition     = var.from_sequence == null || try(var.from_sequence >= 1 && floor(var.from_sequence) == var.from_sequence, false)
    error_message = "A whole number from 1."
  }
}

# ---- Upstream

variable "replication_url" {
  description = "Folder that holds `changesets/` and `minute/`."
  type        = string
  default     = null
}

variable "api_url" {
  description = "The OSM API; `/api/0.6` is appended."
  type        = string
  default     = null
}

variable "adiff_url" {
  description = "Augmented diffs by changeset, with `{id}`."
  type        = string
  default     = null

  validation {
    condition     = var.adiff_url == null || can(regex("\\{id\\}", var.adiff_url))
    error_message = "The address holds {id}, where the changeset's number goes."
  }
}

variable "real_changesets_url" {
  description = "The older JSON by changeset, with `{id}`, where somebody has it."
  type        = string
  default     = null

  validation {
    condition     = var.real_changesets_url == null || can(regex("\\{id\\}", var.real_changesets_url))
    error_message = "The address holds {id}, where the changeset's number goes."
  }
}

variable "sources" {
  description = "Who is asked for old and new versions, in this order: `adiff`, `osm-api`, `real-changesets`."
  type        = list(string)
  default     = null

  validation {
    condition = var.sources == null || try(
      length(var.sources) > 0 && alltrue([for it in var.sources : contains(["adiff", "osm-api", "real-changesets"], it)]), false
    )
    error_message = "Sources are adiff, osm-api and real-changesets; at least one."
  }
}

variable "total_seconds" {
  description = "Seconds for one try of a request to upstream, from first to last."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.total_seconds >= 1 && var.total_seconds * var.attempts < local.settings["analyser"].timeout_seconds
    error_message = "All tries together must end before the analyser's time-out, or a slow answer would never be told from a lost worker."
  }
}

variable "attempts" {
  description = "Tries of one request to upstream, the first included."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 20 && floor(var.attempts) == var.attempts
    error_message = "1 to 20 tries."
  }
}

variable "allowed_hosts" {
  description = "Hosts that may be redirected to, besides those that planet.openstreetmap.org is known to use."
  type        = list(string)
  default     = null
}

variable "allow_private" {
  description = "Whether upstream may be private addresses and plain HTTP: a mirror or a replay of your own."
  type        = bool
  default     = null
}

# ---- What the pages say

variable "title" {
  description = "Heading of all pages."
  type        = string
  default     = null
}

variable "area_name" {
  description = "What is followed, for a reader: `Denmark`."
  type        = string
  default     = null
}

variable "notice" {
  description = "A sentence at the top of each list."
  type        = string
  default     = null
}

variable "documents" {
  description = "Documents beside each changeset's page: `analysis`, `diff`, `adiff`. Each is a put, which is paid."
  type        = list(string)
  default     = ["analysis"]
  nullable    = false

  validation {
    condition     = alltrue([for it in var.documents : contains(["analysis", "diff", "adiff"], it)])
    error_message = "Documents are analysis, diff and adiff."
  }
}

variable "basemap" {
  description = "What lies under a changeset's map: `none`, `land`, tiles with {z}, {x} and {y}, or a .pmtiles file."
  type        = string
  default     = null
}

variable "basemap_attribution" {
  description = "Whose map it is; needed for tiles."
  type        = string
  default     = null

  validation {
    condition     = !can(regex("[{]z[}]|[.]pmtiles$", coalesce(var.basemap, "-"))) || var.basemap_attribution != null
    error_message = "Tiles need a basemap_attribution, which says whose map it is."
  }
}

# ---- Times and limits of the work

variable "refresh_open_minutes" {
  description = "Minutes after which an open changeset is looked at, in case the feed did not tell of its closing."
  type        = number
  default     = null
}

variable "refresh_meta_minutes" {
  description = "Minutes after which the API is asked for discussions when files of the feed had to be left out; 0: never."
  type        = number
  default     = null
}

variable "retry_minutes" {
  description = "Minutes after which a changeset whose analysis failed is tried again."
  type        = number
  default     = null
}

variable "max_attempts" {
  description = "Tries of an analysis before it is given up."
  type        = number
  default     = null
}

variable "horizon_hours" {
  description = "Hours after its closing that a changeset stays on the site; 0: for good."
  type        = number
  default     = null
}

variable "lease_seconds" {
  description = "Seconds that a worker may be silent before its work goes to another: more than the analyser's time-out."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.lease_seconds > local.settings["analyser"].timeout_seconds
    error_message = "The lease must be longer than the analyser's time-out, or two would analyse the same changeset."
  }
}

variable "max_sequences" {
  description = "Files of the feed (one a minute) read in one run of the tracker."
  type        = number
  default     = null
}

variable "window_rows" {
  description = "Changesets that lists, feeds and totals are made of."
  type        = number
  default     = null
}

variable "publish_seconds" {
  description = "Least seconds between two writings of lists, feeds and totals: less is fresher, more is cheaper. On a quiet site a change is written at once."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.publish_seconds >= 0 && var.publish_seconds <= 3600 && floor(var.publish_seconds) == var.publish_seconds
    error_message = "0 to 3600 seconds."
  }
}

variable "status_seconds" {
  description = "Least seconds between two writings of `status.json` and `metrics` while nothing is published, and between what alarms are told. Each writing is a put, which is paid."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.status_seconds >= 0 && var.status_seconds <= 3600 && floor(var.status_seconds) == var.status_seconds
    error_message = "0 (each minute) to 3600 seconds."
  }
}

variable "metrics" {
  description = "Whether the object `metrics`, which Prometheus can scrape from the site, is written."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_level" {
  description = "`error`, `warn`, `info`, `debug` or `trace`, perhaps with others for single crates."
  type        = string
  default     = null
}

# ---- Functions

variable "functions" {
  description = <<-EOT
    Settings of functions, by name (tracker, filter, analyser, publisher, supervisor, api, search, notifier); what is not set
    keeps its default.
    `reserved_concurrency` sets runs aside for a function and caps its cost. It is off but for the API (`api_concurrency`): a
    fresh account has 10 runs at a time altogether, and AWS refuses to reserve any of those.
  EOT
  type = map(object({
    memory_mb            = optional(number)
    timeout_seconds      = optional(number)
    reserved_concurrency = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.functions) : contains(keys(local.defaults), name)])
    error_message = "Functions are ${join(", ", keys(local.defaults))}."
  }

  validation {
    condition     = alltrue([for it in values(var.functions) : try(it.memory_mb >= 128 && it.memory_mb <= 10240, it.memory_mb == null)])
    error_message = "Memory is 128 to 10240 MB."
  }

  validation {
    condition     = alltrue([for it in values(var.functions) : try(it.timeout_seconds >= 1 && it.timeout_seconds <= 900, it.timeout_seconds == null)])
    error_message = "A time-out is 1 to 900 seconds."
  }

  validation {
    condition     = alltrue([for name in ["tracker", "publisher"] : try(var.functions[name].timeout_seconds <= 115, true)])
    error_message = "Tracker and publisher have at most 115 seconds: their leases last 120."
  }

  validation {
    condition     = try(var.functions["notifier"].timeout_seconds >= 45, true)
    error_message = "The notifier has at least 45 seconds: it begins no message with less than 30 left."
  }

  validation {
    condition     = alltrue([for it in values(var.functions) : try(it.reserved_concurrency >= 0, it.reserved_concurrency == null)])
    error_message = "Reserved concurrency is a number from 0, which stops the function."
  }
}

variable "api" {
  description = "Whether there is an API: a function that answers everybody's HTTP requests."
  type        = bool
  default     = true
  nullable    = false
}

variable "api_authorization" {
  description = <<-EOT
    Who may ask the API's function at its own address: `AWS_IAM`, CloudFront and who signs requests with rights of this account;
    `NONE`, everybody. The latter is for deployments without CloudFront.
  EOT
  type        = string
  default     = "AWS_IAM"
  nullable    = false

  validation {
    condition     = contains(["AWS_IAM", "NONE"], var.api_authorization)
    error_message = "The authorization is \"AWS_IAM\" or \"NONE\"."
  }
}

variable "api_concurrency" {
  description = <<-EOT
    Requests that the API answers at the same time: the cap of what it can cost. They are reserved for it. Null: no cap of its
    own, which a fresh account with 10 runs altogether needs, since AWS refuses to reserve any of those.
  EOT
  type        = number
  default     = 5

  validation {
    condition     = var.api_concurrency == null || try(var.api_concurrency >= 1, false)
    error_message = "The API answers at least 1 request at a time; to have none, set api = false."
  }
}

variable "environment" {
  description = "Further variables of every function's environment."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : !startswith(name, "OSMTRACKER_AWS_")])
    error_message = "Variables that begin with OSMTRACKER_AWS_ are set here."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days, or some numbers of years."
  }
}

variable "ingest" {
  description = "What starts the tracker: the `schedule` alone, or also `events` of OpenStreetMap's bucket, some seconds sooner."
  type        = string
  default     = "schedule"
  nullable    = false

  validation {
    condition     = contains(["schedule", "events"], var.ingest)
    error_message = "Ingest is \"schedule\" or \"events\"."
  }
}

variable "planet_topic_arn" {
  description = "Topic that tells of new files, in the region of the deployment; null: OpenStreetMap's, in eu-central-1 or us-west-2."
  type        = string
  default     = null

  validation {
    condition     = var.planet_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.planet_topic_arn))
    error_message = "The ARN of an SNS topic."
  }
}

variable "tracker_schedule" {
  description = "When the feed is looked at. Upstream writes a file a minute."
  type        = string
  default     = "rate(1 minute)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.tracker_schedule))
    error_message = "A schedule is rate(1 minute) or cron(…)."
  }
}

variable "supervisor_schedule" {
  description = "When overdue work is looked for and metrics are written."
  type        = string
  default     = "rate(1 minute)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.supervisor_schedule))
    error_message = "A schedule is rate(1 minute) or cron(…)."
  }
}

variable "schedules_enabled" {
  description = "Whether the schedules run; without them nothing new is followed, and nothing is lost."
  type        = bool
  default     = true
  nullable    = false
}

# ---- Queues

variable "filter_batch" {
  description = "Messages that one run of the filter takes at most."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.filter_batch >= 1 && var.filter_batch <= 10000 && (var.filter_batch <= 10 || var.filter_window_seconds >= 1)
    error_message = "1 to 10000 messages; more than 10 need a window of at least 1 second."
  }
}

variable "filter_window_seconds" {
  description = "Seconds that messages for the filter are gathered."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.filter_window_seconds >= 0 && var.filter_window_seconds <= 300
    error_message = "0 to 300 seconds."
  }
}

variable "filter_concurrency" {
  description = "Runs of the filter at the same time."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.filter_concurrency >= 2 && var.filter_concurrency <= 1000
    error_message = "2 to 1000, as AWS wants it."
  }

  validation {
    condition     = var.filter_concurrency <= coalesce(local.settings["filter"].reserved_concurrency, 1000)
    error_message = "More than the filter's reserved concurrency: messages would be throttled, which counts as a delivery."
  }
}

variable "analysis_batch" {
  description = "Messages that one run of the analyser takes at most, one after the other."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.analysis_batch >= 1 && var.analysis_batch <= 10000 && (var.analysis_batch <= 10 || var.analysis_window_seconds >= 1)
    error_message = "1 to 10000 messages; more than 10 need a window of at least 1 second."
  }
}

variable "analysis_window_seconds" {
  description = "Seconds that messages for the analyser are gathered."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.analysis_window_seconds >= 0 && var.analysis_window_seconds <= 300
    error_message = "0 to 300 seconds."
  }
}

variable "analysis_concurrency" {
  description = "Runs of the analyser at the same time: 2 downloads are what the OSM API allows, more is for a mirror of your own."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.analysis_concurrency >= 2 && var.analysis_concurrency <= 1000
    error_message = "2 to 1000, as AWS wants it."
  }

  validation {
    condition     = var.analysis_concurrency <= coalesce(local.settings["analyser"].reserved_concurrency, 1000)
    error_message = "More than the analyser's reserved concurrency: messages would be throttled, which counts as a delivery."
  }
}

variable "publish_batch" {
  description = "Messages that one run of the publisher takes at most."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.publish_batch >= 1 && var.publish_batch <= 10000 && (var.publish_batch <= 10 || var.publish_window_seconds >= 1)
    error_message = "1 to 10000 messages; more than 10 need a window of at least 1 second."
  }
}

variable "publish_window_seconds" {
  description = "Seconds that messages gather before the publisher is invoked; how often it writes is `publish_seconds`."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.publish_window_seconds >= 0 && var.publish_window_seconds <= 300
    error_message = "0 to 300 seconds."
  }
}

variable "publish_concurrency" {
  description = "Runs of the publisher at the same time. One works, by a lease; 2 is the least that AWS takes."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.publish_concurrency >= 2 && var.publish_concurrency <= 1000
    error_message = "2 to 1000, as AWS wants it."
  }

  validation {
    condition     = var.publish_concurrency <= coalesce(local.settings["publisher"].reserved_concurrency, 1000)
    error_message = "More than the publisher's reserved concurrency: messages would be throttled, which counts as a delivery."
  }
}

variable "notify_parameters" {
  description = "Parameters (SecureString) that `[[notify]]` in `rules` names as `target_ssm` and `key_ssm`: the notifier may read these alone."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.notify_parameters : can(regex("^/[A-Za-z0-9/_.-]+$", name))])
    error_message = "A parameter's name begins with / and holds letters, digits and / _ . -"
  }
}

variable "notify_topics" {
  description = "ARNs of the topics that `[[notify]]` in `rules` names as `topic`: the notifier may publish to these alone."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.notify_topics : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+([.]fifo)?$", arn))])
    error_message = "A topic is named by its ARN, such as arn:aws:sns:eu-central-1:123456789012:edits."
  }
}

variable "notify_batch" {
  description = "Messages that one run of the notifier takes at most, one after the other."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.notify_batch >= 1 && var.notify_batch <= 10
    error_message = "1 to 10 messages: each may wait for a receiver that does not answer."
  }
}

variable "notify_window_seconds" {
  description = "Seconds that messages for the notifier are gathered."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.notify_window_seconds >= 0 && var.notify_window_seconds <= 300
    error_message = "0 to 300 seconds."
  }
}

variable "notify_concurrency" {
  description = "Runs of the notifier at the same time."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.notify_concurrency >= 2 && var.notify_concurrency <= 1000
    error_message = "2 to 1000, as AWS wants it."
  }

  validation {
    condition     = var.notify_concurrency <= coalesce(local.settings["notifier"].reserved_concurrency, 1000)
    error_message = "More than the notifier's reserved concurrency: messages would be throttled, which counts as a delivery."
  }
}

variable "max_receive_count" {
  description = <<-EOT
    Deliveries of a message before it goes to the dead letters, by queue (filter, analysis, publish, notify). What is not set keeps
    its default. What may work later pauses up to ten minutes in between, so that an outage of most of a day is outlived; what
    never will is put aside at once. Each time that the publisher is invoked before its time counts as one.
  EOT
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for queue, count in var.max_receive_count : contains(["filter", "analysis", "publish", "notify"], queue) && count >= 1 && count <= 1000])
    error_message = "1 to 1000 deliveries, for filter, analysis, publish and notify."
  }
}

variable "visibility_seconds" {
  description = "Seconds that a received message is hidden, by queue (filter, analysis, publish, notify); by default six time-outs and a window."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for queue in keys(var.visibility_seconds) : contains(keys(local.workers), queue)])
    error_message = "Queues are ${join(", ", keys(local.workers))}."
  }

  validation {
    condition = alltrue([
      for queue, seconds in var.visibility_seconds :
      seconds >= try(local.settings[local.workers[queue]].timeout_seconds, 0) && seconds <= 43200
    ])
    error_message = "At least the time-out of the function that receives from the queue, and at most 43200."
  }
}

# ---- Table

variable "billing" {
  description = "`on-demand`: each request to the table is paid; `provisioned`: its capacity, free up to 25 units in an account."
  type        = string
  default     = "on-demand"
  nullable    = false

  validation {
    condition     = contains(["on-demand", "provisioned"], var.billing)
    error_message = "Billing is \"on-demand\" or \"provisioned\"."
  }
}

variable "capacity" {
  description = "Units a second of the table and of each of its two indices when provisioned. The defaults are the 25 free ones."
  type = object({
    table_read  = optional(number, 9)
    table_write = optional(number, 9)
    index_read  = optional(number, 8)
    index_write = optional(number, 8)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for units in values(var.capacity) : units >= 1 && floor(units) == units])
    error_message = "Capacities are whole numbers from 1."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the last 35 days of the table can be restored; paid by size."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the table refuses to be destroyed."
  type        = bool
  default     = false
  nullable    = false
}

variable "stream" {
  description = "Whether changes of the table's rows can be followed by functions of your own. With a search index they can in any case."
  type        = bool
  default     = false
  nullable    = false
}

# ---- Search index

variable "search_url" {
  description = "Server of the search index, Elasticsearch 8 or OpenSearch 2, such as `https://search.example.org:9200`; null: no index, and no function for it."
  type        = string
  default     = null

  validation {
    condition     = var.search_url == null || can(regex("^https?://[^/@?#]+(/[^?#]*)?$", var.search_url))
    error_message = "The search server is an https address without name, password, ? and #."
  }

  validation {
    condition     = !startswith(coalesce(var.search_url, "https:"), "http:") || coalesce(var.search_allow_http, false)
    error_message = "Words of strangers and a password go to the search server: use https, or set search_allow_http."
  }
}

variable "search_index" {
  description = "Name of the index, and of its template."
  type        = string
  default     = null
}

variable "search_credentials_parameter" {
  description = "Name of a SecureString parameter of Systems Manager, made by hand, that holds `USER:PASSWORD` or `ApiKey KEY`; null: the server asks nobody. Neither this configuration nor its state ever sees it."
  type        = string
  default     = null

  validation {
    condition     = var.search_credentials_parameter == null || can(regex("^[A-Za-z0-9_./-]+$", var.search_credentials_parameter))
    error_message = "The name of a parameter has A-Z, a-z, 0-9, _, ., - and /."
  }

  validation {
    condition     = var.search_credentials_parameter == null || var.search_url != null
    error_message = "Credentials are for a search index: set search_url."
  }
}

variable "search_ca_file" {
  description = "Path of the certificate (PEM) of the authority that signed the search server's, when it is one of your own."
  type        = string
  default     = null

  validation {
    condition     = var.search_ca_file == null || try(fileexists(var.search_ca_file), false)
    error_message = "There is no such file."
  }
}

variable "search_allow_http" {
  description = "Whether the search server may be asked without encryption: in a network of your own."
  type        = bool
  default     = null
}

variable "search_batch" {
  description = "Changes of rows that one run of the search function takes at most."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.search_batch >= 1 && var.search_batch <= 10000 && floor(var.search_batch) == var.search_batch
    error_message = "A batch has 1 to 10000 changes."
  }
}

variable "search_window_seconds" {
  description = "Seconds that changes are gathered before the search function is invoked."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.search_window_seconds >= 0 && var.search_window_seconds <= 300
    error_message = "A window has 0 to 300 seconds."
  }
}

# ---- Site

variable "delivery" {
  description = "`cloudfront`: HTTPS and security headers over a private bucket; `website`: the bucket's own plain HTTP; `none`: not at all."
  type        = string
  default     = "cloudfront"
  nullable    = false

  validation {
    condition     = contains(["cloudfront", "website", "none"], var.delivery)
    error_message = "Delivery is \"cloudfront\", \"website\" or \"none\"."
  }
}

variable "site_url" {
  description = "Where readers find the site, with a slash at the end, when something of your own delivers it; null: as delivered here."
  type        = string
  default     = null

  validation {
    condition     = var.site_url == null || can(regex("^https?://.+/$", var.site_url))
    error_message = "An address that begins with http:// or https:// and ends with a slash."
  }
}

variable "domain" {
  description = "Domain of the site, such as `osm.example.org`; null: CloudFront's own."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9-]+\\.)+[a-z0-9-]+$", var.domain))
    error_message = "A domain alone, such as osm.example.org."
  }

  validation {
    condition     = var.domain == null || (var.delivery == "cloudfront" && var.certificate_arn != null)
    error_message = "A domain needs delivery by cloudfront and a certificate_arn."
  }
}

variable "certificate_arn" {
  description = "Certificate of the domain, from ACM in us-east-1, where CloudFront looks for it."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "The ARN of a certificate in us-east-1."
  }
}

variable "zone_id" {
  description = "Route 53 zone in which the domain is entered; null: you do that elsewhere."
  type        = string
  default     = null
}

variable "price_class" {
  description = "Where in the world CloudFront answers: `PriceClass_100` (Europe, North America), `PriceClass_200`, `PriceClass_All`."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "content_security_policy" {
  description = "The header of that name; null: the site's own files and the basemap's tiles, nothing else."
  type        = string
  default     = null
}

# ---- Monitoring

variable "dashboard" {
  description = "Whether there is a CloudWatch dashboard; three are free in an account."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarms" {
  description = "Whether there are alarms. They watch ten metrics, as many as are free in an account."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_topic_arn" {
  description = "Topic that alarms tell."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "The ARN of an SNS topic."
  }
}

variable "alarm_email" {
  description = "Address that alarms are mailed to; it has to confirm first."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "An address of mail."
  }
}

variable "alarm_cost_usd" {
  description = "Dollars that thirty days may cost, by the supervisor's estimate, before the alarm about the cost tells."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.alarm_cost_usd > 0
    error_message = "More than nothing."
  }
}

variable "monthly_budget_usd" {
  description = "Costs of the whole account in a month that are worth a mail: at 80 %, and when 100 % is foreseen. Null: none."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "More than nothing."
  }
}

variable "budget_email" {
  description = "Address that the budget mails to; null: that of alarms."
  type        = string
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || var.budget_email != null || var.alarm_email != null
    error_message = "A budget needs budget_email or alarm_email."
  }
}
