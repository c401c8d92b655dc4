//! Full-history files in the PBF format.

use std::{collections::HashMap, io::Read, sync::Arc};

use osmpbf::{DenseNode, Element as PbfElement, ElementReader, Info, RelMemberType};
use osmtracker_osm::{
    ChangesetId, Coordinate, Element, ElementData, ElementId, ElementType, Member, Tags, Timestamp, User, UserId,
    Version, WayNode,
};

/// All element versions of a file, in its order.
///
/// # Errors
/// What is wrong with the file, as text.
pub(crate) fn read(input: impl Read + Send) -> Result<Vec<Element>, String> {
    let (mut versions, mut names, mut failed) = (Vec::new(), Names::default(), None);
    ElementReader::new(input)
        .for_each(|element| match convert(&element, &mut names) {
            Ok(version) => versions.push(version),
            Err(error) => failed = failed.take().or(Some(error)),
        })
        .map_err(|error| error.to_string())?;
    failed.map_or(Ok(versions), |error| Err(error.to_string()))
}

fn convert(element: &PbfElement<'_>, names: &mut Names) -> osmpbf::Result<Element> {
    let (id, about, tags, data) = match element {
        PbfElement::DenseNode(node) => {
            let position = position(node.decimicro_lon(), node.decimicro_lat());
            (node.id(), About::of_dense(node)?, node.tags().collect(), ElementData::Node { position })
        }
        PbfElement::Node(node) => {
            let position = position(node.decimicro_lon(), node.decimicro_lat());
            (node.id(), About::of(&node.info())?, node.tags().collect(), ElementData::Node { position })
        }
        PbfElement::Way(way) => {
            let nodes = way.refs().map(|id| WayNode { id: ElementId(id), position: None }).collect();
            (way.id(), About::of(&way.info())?, way.tags().collect(), ElementData::Way { nodes })
        }
        PbfElement::Relation(relation) => {
            let members = relation.members().map(|member| convert_member(&member)).collect::<Result<_, _>>()?;
            (relation.id(), About::of(&relation.info())?, relation.tags().collect(), ElementData::Relation { members })
        }
    };
    Ok(about.element(id, tags, data, names))
}

fn convert_member(member: &osmpbf::RelMember<'_>) -> osmpbf::Result<Member> {
    let kind = match member.member_type {
        RelMemberType::Node => ElementType::Node,
        RelMemberType::Way => ElementType::Way,
        RelMemberType::Relation => ElementType::Relation,
    };
    Ok(Member { kind, id: ElementId(member.member_id), role: member.role()?.into(), geometry: None })
}

/// Deleted nodes stand at impossible positions in files that osmium wrote: they have none.
fn position(lon: i32, lat: i32) -> Option<Coordinate> {
    let possible = lon.unsigned_abs() <= 1_800_000_000 && lat.unsigned_abs() <= 900_000_000;
    possible.then_some(Coordinate { lon, lat })
}

/// What both ways of writing metadata have in common.
struct About<'a> {
    version: i32,
    visible: bool,
    changeset: i64,
    milliseconds: i64,
    uid: i32,
    user: &'a str,
}

impl<'a> About<'a> {
    fn of(info: &Info<'a>) -> osmpbf::Result<Self> {
        Ok(Self {
            version: info.version().unwrap_or(0),
            visible: info.visible(),
            changeset: info.changeset().unwrap_or(0),
            milliseconds: info.milli_timestamp().unwrap_or(0),
            uid: info.uid().unwrap_or(0),
            user: info.user().transpose()?.unwrap_or(""),
        })
    }

    fn of_dense(node: &'a DenseNode<'a>) -> osmpbf::Result<Self> {
        let Some(info) = node.info() else {
            return Ok(Self { version: 0, visible: true, changeset: 0, milliseconds: 0, uid: 0, user: "" });
        };
        Ok(Self {
            version: info.version(),
            visible: info.visible(),
            changeset: info.changeset(),
            milliseconds: info.milli_timestamp(),
            uid: info.uid(),
            user: info.user()?,
        })
    }

    fn element(&self, id: i64, tags: Tags, data: ElementData, names: &mut Names) -> Element {
        let positive = |number: i64| u64::try_from(number).ok().filter(|number| *number > 0);
        Element {
            id: ElementId(id),
            version: Version(self.version.try_into().unwrap_or(0)),
            visible: self.visible,
            changeset: positive(self.changeset).map(ChangesetId),
            timestamp: positive(self.milliseconds).map(|_| Timestamp(self.milliseconds.div_euclid(1000))),
            user: positive(self.uid.into()).map(|uid| User { uid: Some(UserId(uid)), name: names.shared(self.user) }),
            tags,
            data,
        }
    }
}

/// One copy of each user name.
#[derive(Default)]
struct Names(HashMap<Box<str>, Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(shared) = self.0.get(name) {
            return shared.clone();
        }
        let shared: Arc<str> = name.into();
        self.0.insert(name.into(), shared.clone());
        shared
    }
}
