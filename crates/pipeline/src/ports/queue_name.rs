/// The queues between the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// [`crate::messages::FilterMessage`].
    Filter,
    /// [`crate::messages::AnalyseMessage`].
    Analysis,
    /// [`crate::messages::PublishMessage`].
    Publish,
    /// [`crate::messages::NotifyMessage`]. These are tried for a day, so an adapter's limit of deliveries is
    /// [`QueueName::PATIENCE`] times as high here.
    Notify,
}

impl QueueName {
    /// All, in the order of the flow.
    pub const ALL: [Self; 4] = [Self::Filter, Self::Analysis, Self::Publish, Self::Notify];

    /// How many times as often a notification may be delivered as another message.
    pub const PATIENCE: u32 = 40;

    /// `filter`, `analysis`, `publish` or `notify`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Analysis => "analysis",
            Self::Publish => "publish",
            Self::Notify => "notify",
        }
    }
}
