//! Six minutes of made-up editing, and what the program makes of them when nothing is wrong.

use osmtracker_testkit::{
    replay::{Pace, Replay, ReplayOptions, RequestKind, serve},
    synth::{self, SynthOptions},
};

use crate::{
    process::{follow, run},
    site::Site,
};

/// Files of the feed.
pub(crate) const ALL: u64 = 6;

/// Made-up editing of which so many minutes are published.
pub(crate) async fn minutes(published: u64) -> Replay {
    let options = SynthOptions { minutes: 6, changesets_per_minute: 4.0, elements: 1..=30, ..SynthOptions::default() };
    let replay = serve(synth::upstream(&options), ReplayOptions { pace: Pace::Stepped, ..ReplayOptions::default() });
    let replay = replay.await.unwrap();
    replay.advance(usize::try_from(published - 1).unwrap());
    replay
}

/// What comes out of the same six minutes when nothing is wrong.
pub(crate) struct Clean {
    pub(crate) site: Site,
    /// Changesets that the API was asked for.
    pub(crate) downloads: u64,
}

impl Clean {
    pub(crate) async fn new() -> Self {
        let replay = minutes(ALL).await;
        let folder = tempfile::tempdir().unwrap();
        let end = run(follow(&replay, folder.path(), "clean", &["--until-caught-up", "--no-serve"])).expect_code(0);
        let [files, changesets, kept, analysed] = end.numbers();
        assert!(files == ALL && changesets >= kept && kept >= analysed && analysed > 5, "{:?}", end.numbers());
        let downloads = replay.counters().requests(RequestKind::ChangesetDownload);
        Self { site: Site::read(&folder.path().join("clean")), downloads }
    }
}
