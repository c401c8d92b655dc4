//! A changeset's old and new versions from the OSM API, in as few calls as it allows.

mod api;
mod as_of;
mod multi_fetch;
mod old_versions;
mod scene;

use async_trait::async_trait;
use osmtracker_osm::{AugmentedChange, Changeset, Element, ElementId, ElementType, Gap, GapKind, OsmChange, Timestamp};
use osmtracker_pipeline::ports::{ChangeSource, SourceError, SourcedChange};

use self::{api::Api, as_of::as_of, scene::Scene};
use crate::{Base, Client, UpstreamError, canonical::canonical};

pub(crate) use self::api::api_folder;

/// How far one changeset may go against the API. What is beyond a limit becomes a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsmApiLimits {
    /// Nodes located that the changeset itself did not change.
    pub foreign_nodes: usize,
    /// Calls beyond the budget, for what is redacted or was changed since: histories, and halves of groups that hold a
    /// redacted version.
    pub extra_calls: usize,
    /// Ways located because a changed relation holds them: one call.
    pub member_ways: usize,
    /// Nodes of those ways. When they have more, only the two ends of each are located, and that is a gap.
    pub member_way_nodes: usize,
}

impl Default for OsmApiLimits {
    fn default() -> Self {
        Self { foreign_nodes: 100_000, extra_calls: 300, member_ways: multi_fetch::MAX_IDS, member_way_nodes: 2_900 }
    }
}

/// Old and new versions from the OSM API 0.6.
///
/// 1. One download: the new versions.
/// 2. The versions before them by versioned multi-fetch. One that is absent is looked for in its element's history, at
///    last; then it is a gap.
/// 3. The ways that changed relations hold and the changeset did not change, in at most one call; members that are
///    relations are not followed.
/// 4. Nodes of all these ways, and nodes that are members, by multi-fetch of current versions. Only for those changed
///    since, earlier versions: step by step in bulk, by history for the last few.
///
/// A node that the changeset changed stands, on the first old side of an element, where it stood before; on all other
/// sides, where it stands at the end. A node that it did not change stands on both sides where it stood at the moment
/// of the changeset's last edit, so that what others did meanwhile is not taken for its doing.
///
/// Ways that moved only through their nodes are not found: the API cannot tell which ways hold a node at less than one
/// call each.
#[derive(Clone)]
pub struct OsmApiSource {
    client: Client,
    base: Base,
    limits: OsmApiLimits,
}

impl OsmApiSource {
    /// Name of this source.
    pub const NAME: &'static str = "osm-api";

    /// The API of a host, such as `https://api.openstreetmap.org`; `/api/0.6` is appended.
    ///
    /// # Errors
    /// [`UpstreamError::Config`] when the address cannot be used.
    pub fn new(client: Client, api_url: &str) -> Result<Self, UpstreamError> {
        let base = api_folder(&client, api_url)?;
        Ok(Self { client, base, limits: OsmApiLimits::default() })
    }

    /// The same source with other limits.
    #[must_use]
    pub fn with_limits(self, limits: OsmApiLimits) -> Self {
        Self { limits, ..self }
    }

    async fn augmented(
        &self,
        client: &Client,
        changeset: &Changeset,
    ) -> Result<Option<AugmentedChange>, UpstreamError> {
        let api = Api::new(client, &self.base, self.limits.extra_calls);
        let Some(download) = api.download(changeset.id).await? else { return Ok(None) };
        let mut gaps = redacted_from_download(changeset, &download);
        let end = last_edit(&download).or(changeset.closed_at).unwrap_or(changeset.created_at);
        let mut scene = Scene::new(download);
        let old = old_versions::fetch(&api, scene.wanted()).await?;
        scene.add_versions(old.elements);
        gaps.extend(old.gaps);
        let member_ways = self.member_ways(&api, &mut scene, end).await?;
        gaps.extend(self.locate(&api, &mut scene, &member_ways, end).await?);
        gaps.extend(scene.unlocated_members());
        gaps.extend(api.repairs());
        Ok(Some(AugmentedChange { actions: scene.into_actions(), gaps }))
    }

    /// Fetches ways that are members of changed relations; answers their ids.
    async fn member_ways(
        &self,
        api: &Api<'_>,
        scene: &mut Scene,
        end: Timestamp,
    ) -> Result<Vec<ElementId>, UpstreamError> {
        let mut wanted: Vec<ElementId> = scene.foreign_members(ElementType::Way).into_iter().collect();
        wanted.truncate(self.limits.member_ways);
        let found = as_of(api, ElementType::Way, &wanted, end).await?;
        let ids = found.elements.iter().map(|way| way.id).collect();
        scene.add_foreign(found.elements);
        Ok(ids)
    }

    /// Fetches the nodes that the changeset refers to and did not change: those of its ways first.
    async fn locate(
        &self,
        api: &Api<'_>,
        scene: &mut Scene,
        member_ways: &[ElementId],
        end: Timestamp,
    ) -> Result<Vec<Gap>, UpstreamError> {
        let mut wanted = scene.foreign_way_nodes();
        let mut left_out = wanted.len().saturating_sub(self.limits.foreign_nodes);
        let mut of_members = scene.nodes_of_foreign(member_ways);
        if of_members.len() > self.limits.member_way_nodes {
            let ends = scene.ends_of_foreign(member_ways);
            left_out += of_members.len() - ends.len();
            of_members = ends;
        }
        of_members.extend(scene.foreign_members(ElementType::Node));
        of_members.retain(|id| wanted.binary_search(id).is_err());
        wanted.extend(of_members);
        wanted.truncate(self.limits.foreign_nodes);
        let found = as_of(api, ElementType::Node, &wanted, end).await?;
        scene.add_foreign(found.elements);
        let absent = found.absent.into_iter().map(not_located);
        Ok(absent.chain((left_out > 0).then(|| too_many_nodes(left_out))).collect())
    }
}

#[async_trait]
impl ChangeSource for OsmApiSource {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn changes(&self, changeset: &Changeset) -> Result<SourcedChange, SourceError> {
        let client = self.client.counting_anew();
        let id = changeset.id;
        let change = self.augmented(&client, changeset).await.map_err(|error| error.into_source(Self::NAME, id))?;
        let change = change.ok_or(SourceError::NotFound { source_name: Self::NAME, id })?;
        let (calls, bytes) = (client.tally().calls(), client.tally().bytes());
        Ok(SourcedChange { change: canonical(change), source: Self::NAME, calls, bytes })
    }
}

/// The moment of the last edit in the download.
fn last_edit(download: &OsmChange) -> Option<Timestamp> {
    download.changes.iter().filter_map(|(_, element)| element.timestamp).max()
}

/// The download leaves redacted versions out without a word; only the count tells.
fn redacted_from_download(changeset: &Changeset, download: &OsmChange) -> Vec<Gap> {
    let (counted, there) = (u64::from(changeset.num_changes), download.changes.len() as u64);
    if counted <= there {
        return Vec::new();
    }
    let missing = counted - there;
    let detail = format!(
        "{missing} of {counted} changes {} redacted: hidden from everyone by OpenStreetMap",
        if missing == 1 { "is" } else { "are" }
    );
    vec![Gap { kind: GapKind::Redacted, element: None, version: None, detail }]
}

fn too_many_nodes(left_out: usize) -> Gap {
    let detail = format!("the positions of {left_out} nodes were not asked for: too many for one changeset");
    Gap { kind: GapKind::Truncated, element: None, version: None, detail }
}

fn not_located(id: ElementId) -> Gap {
    let element = osmtracker_osm::ElementRef { kind: ElementType::Node, id };
    let detail = "the position of this node at the time could not be had".to_owned();
    Gap { kind: GapKind::MissingGeometry, element: Some(element), version: None, detail }
}

/// When a version was made; one without a time was there from the start.
fn time(element: &Element) -> Timestamp {
    element.timestamp.unwrap_or(Timestamp(i64::MIN))
}

#[cfg(test)]
mod tests;
