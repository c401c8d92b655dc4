//! The label values, as closed sets: nothing that a stranger wrote can become a label.

use crate::ports::QueueName;

/// An enum whose values are label values, with all of them listed.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// All values, in the order of the exposition.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The label value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text,)+
                }
            }

            /// The value with this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }
    };
}

label! {
    /// `event` of `osmtracker_events`: what a step takes in and gives out.
    Event {
        /// Changesets at the filter.
        Filter => "filter",
        /// Changesets at the analyser.
        Analysis => "analysis",
        /// Metadata refreshes.
        Refresh => "refresh",
        /// Generations of the site.
        NewGeneration => "new_generation",
        /// Moves of the feed's cursor.
        NewPointer => "new_pointer",
    }
}

label! {
    /// `action` of `osmtracker_events`.
    EventAction {
        /// Taken in.
        In => "in",
        /// Given out.
        Out => "out",
    }
}

label! {
    /// `operation` of `openstreetmap_api_events` and `openstreetmap_api_bytes`: the kinds of calls of API 0.6.
    ApiOperation {
        /// `changeset/ID`.
        Changeset => "changeset",
        /// `changesets?changesets=…`.
        Changesets => "changesets",
        /// `changeset/ID/download`.
        Download => "download",
        /// `nodes?nodes=…`, `ways?…`, `relations?…`, with versions or without.
        MultiFetch => "multi_fetch",
        /// `TYPE/ID/history`.
        ElementHistory => "element_history",
        /// `users?users=…`.
        Users => "users",
        /// Anything else.
        Other => "other",
    }
}

label! {
    /// `direction` of `openstreetmap_api_bytes`.
    Direction {
        /// Received from the API.
        In => "in",
        /// Sent to it.
        Out => "out",
    }
}

label! {
    /// `source` of `osmtracker_analysis_source_total`: which change source answered.
    SourceLabel {
        /// A static augmented diff.
        Adiff => "adiff",
        /// The OSM API.
        OsmApi => "osm-api",
        /// The older JSON.
        RealChangesets => "real-changesets",
        /// One that this version does not know.
        Other => "other",
    }
}

impl SourceLabel {
    /// The value for a [`crate::ports::ChangeSource::name`].
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::parse(name).unwrap_or(Self::Other)
    }
}

label! {
    /// `cause` of `osmtracker_retries_total`.
    RetryCause {
        /// HTTP 429 or 509: we asked for too much.
        TooManyRequests => "rate_limited",
        /// HTTP 408 or another 5xx.
        ServerError => "server_error",
        /// No answer in time.
        Timeout => "timeout",
        /// Not connected, reset, or cut off in the middle of the answer.
        Connection => "connection",
        /// A document was damaged or incomplete.
        Malformed => "malformed",
        /// A conditional write lost against another.
        Conflict => "conflict",
        /// A step failed and its message comes again.
        Step => "step",
        /// A lease ran out before its work was done.
        LeaseLost => "lease_lost",
        /// A changeset left quarantine to be tried again.
        Quarantine => "quarantine",
    }
}

label! {
    /// `kind` of `osmtracker_written_total` and `osmtracker_written_bytes_total`: what was put into the site.
    ObjectKind {
        /// HTML.
        Page => "page",
        /// A changeset's `analysis.json`.
        Analysis => "analysis",
        /// A changeset's `diff.geojson`.
        Diff => "diff",
        /// A changeset's `changes.adiff`.
        Adiff => "adiff",
        /// `recent.json`, `bounds.geojson`, `hours/…`, the window.
        Data => "data",
        /// Atom.
        Feed => "feed",
        /// `status.json` and `metrics`.
        Status => "status",
        /// Hashed assets.
        Asset => "asset",
    }
}

label! {
    /// `component` of `osmtracker_cold_starts_total`: the program or function that started.
    Component {
        /// The local program, with all steps in it.
        Local => "local",
        /// The function.
        Tracker => "tracker",
        /// The function.
        Filter => "filter",
        /// The function.
        Analyser => "analyser",
        /// The function.
        Publisher => "publisher",
        /// The function.
        Supervisor => "supervisor",
        /// The function.
        Api => "api",
        /// The function.
        Search => "search",
        /// The function.
        Notifier => "notifier",
    }
}

label! {
    /// `status` of `osmtracker_upstream_refusals_total`: answers after which a person must act.
    RefusalStatus {
        /// Forbidden: blocked.
        Forbidden => "403",
        /// Not acceptable: how the API's hosts turn away clients that they do not want.
        NotAcceptable => "406",
        /// Bandwidth limit exceeded.
        BandwidthLimit => "509",
        /// Another one that means the same, such as 401 or 451.
        Other => "other",
    }
}

impl Component {
    /// Whether it runs as a function, whose invocations are charged for.
    #[must_use]
    pub const fn is_function(self) -> bool {
        !matches!(self, Self::Local)
    }
}

impl RefusalStatus {
    /// The value for an HTTP status.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            403 => Self::Forbidden,
            406 => Self::NotAcceptable,
            509 => Self::BandwidthLimit,
            _ => Self::Other,
        }
    }
}

label! {
    /// `step` of `osmtracker_step_failures_total`.
    StepName {
        /// Following the feed.
        Track => "track",
        /// Filtering a message of the feed.
        Filter => "filter",
        /// Analysing a changeset.
        Analyse => "analyse",
        /// Writing pages.
        Publish => "publish",
        /// Looking at what is due.
        Supervise => "supervise",
        /// Telling targets of changesets.
        Notify => "notify",
    }
}

impl StepName {
    /// The step that takes the messages of a queue up.
    #[must_use]
    pub const fn of(queue: QueueName) -> Self {
        match queue {
            QueueName::Filter => Self::Filter,
            QueueName::Analysis => Self::Analyse,
            QueueName::Publish => Self::Publish,
            QueueName::Notify => Self::Notify,
        }
    }
}

label! {
    /// `kind` of `osmtracker_step_failures_total`.
    FailureKind {
        /// Likely to work later; tried again.
        Transient => "transient",
        /// Fails again in the same way: its message is put aside.
        Permanent => "permanent",
    }
}

label! {
    /// `result` of `osmtracker_search_documents_total`: what became of what the search index was told.
    SearchResult {
        /// A document was written.
        Indexed => "indexed",
        /// A document was deleted.
        Deleted => "deleted",
        /// The index knew the same version or a later one already.
        Conflict => "conflict",
        /// Not taken: for good, or for now, and then it comes again.
        Failed => "failed",
    }
}

label! {
    /// `unit` of `osmtracker_cloud_units_total`: what a cloud charges for, beside invocations, which are `osmtracker_runs_total`.
    CloudUnit {
        /// Write request units of the table, as it says itself.
        TableWrite => "table_write",
        /// Read request units of the table, as it says itself.
        TableRead => "table_read",
        /// Requests to queues; what the functions' triggers ask is not seen.
        QueueRequest => "queue_request",
        /// Objects put, and listings.
        ObjectPut => "object_put",
        /// Objects read.
        ObjectGet => "object_get",
        /// Seconds of functions, times their memory in GB.
        GbSecond => "gb_second",
    }
}

label! {
    /// `kind` of `osmtracker_problem`: what a person should know of.
    ProblemKind {
        /// The feed goes on and we are more than ten minutes behind.
        Behind => "behind",
        /// The head of the feed has not moved for ten minutes.
        HeadFrozen => "head_frozen",
        /// A file that should be there is absent or damaged; nothing beyond it is read.
        SequenceMissing => "sequence_missing",
        /// The upstream refuses us.
        UpstreamRefuses => "upstream_refuses",
        /// A message has waited for more than ten minutes.
        QueueOld => "queue_old",
        /// Messages were put aside.
        DeadLetters => "dead_letters",
        /// Changesets could not be analysed.
        Quarantined => "quarantined",
    }
}

label! {
    /// `kind` of `osmtracker_notifications_total`: what takes the messages.
    NotifyKind {
        /// A web address that takes JSON.
        Webhook => "webhook",
        /// An incoming webhook of Slack.
        Slack => "slack",
        /// A webhook of Discord.
        Discord => "discord",
        /// A room of Matrix.
        Matrix => "matrix",
        /// A topic of SNS, for programs.
        Sns => "sns",
        /// A topic of SNS, for mail.
        Email => "email",
    }
}

label! {
    /// `result` of `osmtracker_notifications_total`.
    NotifyResult {
        /// The receiver took the message.
        Sent => "sent",
        /// A try failed; there will be another.
        Failed => "failed",
        /// No further try: refused, or a day is over.
        GivenUp => "given_up",
        /// Nobody knows whether it was sent, and it is not sent again.
        Unsure => "unsure",
    }
}
