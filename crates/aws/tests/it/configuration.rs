//! The configuration as objects.

use bytes::Bytes;
use osmtracker_aws::{ConfigurationError, ConfigurationObject, S3};
use osmtracker_pipeline::ports::{ObjectMeta, PutCondition, SiteStore};

use crate::cloud::Cloud;

const KEY: &str = "config/osmtracker.toml";
const SQUARE: &str = "square\n1\n  9 54\n  10 54\n  10 55\n  9 55\n  9 54\nEND\nEND\n";

async fn put(objects: &S3, key: &str, content: &str) {
    let meta = ObjectMeta { content_type: "text/plain", cache_control: "no-cache", content_encoding: None };
    objects.put(key, Bytes::from(content.to_owned()), meta, PutCondition::Always).await.unwrap();
}

#[tokio::test]
async fn a_configuration_is_read_with_its_areas_and_again_only_when_it_changed() {
    let Some(cloud) = Cloud::start() else { return };
    let objects = cloud.objects().await;
    let object = ConfigurationObject::new(objects.clone(), KEY, Vec::new());
    put(&objects, "config/areas/square.poly", SQUARE).await;
    put(&objects, KEY, "area = \"areas/square.poly\"\ncontact = \"a@example.org\"").await;
    let first = object.read(None).await.unwrap().expect("a configuration");
    assert_eq!(first.config.contact(), "a@example.org");
    assert!(object.read(Some(&first)).await.unwrap().is_none(), "it has not changed");
    put(&objects, KEY, "area = \"DK\"\ncontact = \"b@example.org\"").await;
    let second = object.read(Some(&first)).await.unwrap().expect("another configuration");
    assert_eq!(second.config.contact(), "b@example.org");
}

#[tokio::test]
async fn what_is_wrong_with_a_configuration_is_said() {
    let Some(cloud) = Cloud::start() else { return };
    let objects = cloud.objects().await;
    let object = ConfigurationObject::new(objects.clone(), KEY, Vec::new());
    assert!(matches!(object.read(None).await, Err(ConfigurationError::Absent { .. })));
    put(&objects, KEY, "area = \"areas/none.poly\"").await;
    let error = object.read(None).await.unwrap_err().to_string();
    assert!(error.contains("cannot read the area file config/areas/none.poly"), "{error}");
    put(&objects, KEY, "aera = \"DK\"").await;
    let error = object.read(None).await.unwrap_err().to_string();
    assert!(error.contains("area"), "{error}");
}

#[tokio::test]
async fn variables_stand_over_the_object() {
    let Some(cloud) = Cloud::start() else { return };
    let objects = cloud.objects().await;
    put(&objects, KEY, "area = \"DK\"\n[site]\ntitle = \"of the object\"").await;
    let variables =
        [("OSMTRACKER_SITE_TITLE", "of a variable"), ("OSMTRACKER_AWS_TABLE", "none of its own"), ("PATH", "")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let found = ConfigurationObject::new(objects, KEY, variables).read(None).await.unwrap().expect("a configuration");
    assert_eq!(found.config.site.title, "of a variable");
}
