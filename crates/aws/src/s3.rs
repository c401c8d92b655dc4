use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::get_object::GetObjectError,
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;
use osmtracker_pipeline::{
    check_key,
    ports::{ETag, Object, ObjectMeta, PortError, PutCondition, SiteStore},
};

use crate::error::{failure, permanent};

/// Keys in one request.
const DELETED_AT_ONCE: usize = 1_000;

/// The public part of the keys.
const PUBLIC: &str = "site/";

/// Objects in two buckets: what is under `site/` stands at the root of the site's bucket, as readers ask for it; all
/// else is in the private one.
///
/// Two, not one with a public part: a website endpoint serves the root of a bucket, and a bucket that holds nothing
/// private cannot give it away by a slip in a policy.
#[derive(Clone, Debug)]
pub struct S3 {
    client: Client,
    site: String,
    private: String,
}

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place<'a> {
    bucket: &'a str,
    key: &'a str,
}

impl S3 {
    /// Objects in these buckets, which must be there.
    #[must_use]
    pub fn new(client: Client, site_bucket: impl Into<String>, private_bucket: impl Into<String>) -> Self {
        Self { client, site: site_bucket.into(), private: private_bucket.into() }
    }

    fn place<'a>(&'a self, what: &str, key: &'a str) -> Result<Place<'a>, PortError> {
        check_key(key).map_err(|reason| permanent(format!("{what} {key:?}"), reason))?;
        Ok(match key.strip_prefix(PUBLIC) {
            Some(key) => Place { bucket: &self.site, key },
            None => Place { bucket: &self.private, key },
        })
    }

    /// The object, unless it is still in the state `known`, or absent.
    pub(crate) async fn get_if_changed(&self, key: &str, known: Option<&ETag>) -> Result<Found, PortError> {
        let what = format!("read the object {key}");
        let place = self.place("read the object", key)?;
        let request = self.client.get_object().bucket(place.bucket).key(place.key);
        let answer = match request.set_if_none_match(known.map(|etag| etag.0.clone())).send().await {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(Found::Absent),
            Err(error) if status(&error) == Some(304) => return Ok(Found::Unchanged),
            Err(error) => return Err(failure(what, error)),
        };
        let etag = ETag(answer.e_tag().unwrap_or_default().to_owned());
        match answer.body.collect().await {
            Ok(body) => Ok(Found::Object(Object { bytes: body.into_bytes(), etag })),
            Err(error) => Err(PortError::Transient { what, source: error.into() }),
        }
    }

    async fn delete_from(&self, bucket: &str, keys: &[&str]) -> Result<(), PortError> {
        let what = || format!("delete {} objects of {bucket}", keys.len());
        let identifier = |key: &&str| ObjectIdentifier::builder().key(*key).build();
        let objects =
            keys.iter().map(identifier).collect::<Result<_, _>>().map_err(|error| permanent(what(), error))?;
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| permanent(what(), error))?;
        let answer = self.client.delete_objects().bucket(bucket).delete(delete).send().await;
        let answer = answer.map_err(|error| failure(what(), error))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => {
                let source = format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default());
                Err(PortError::Transient { what: what(), source: source.into() })
            }
        }
    }

    async fn list_of(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, PortError> {
        let mut pages = self.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(format!("list the objects of {bucket}"), error))?;
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
        }
        Ok(keys)
    }
}

/// What a conditional read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The object is in another state than the one known.
    Object(Object),
    /// It is in the state that is known.
    Unchanged,
    /// There is none.
    Absent,
}

#[async_trait]
impl SiteStore for S3 {
    async fn get(&self, key: &str) -> Result<Option<Object>, PortError> {
        match self.get_if_changed(key, None).await? {
            Found::Object(object) => Ok(Some(object)),
            Found::Unchanged | Found::Absent => Ok(None),
        }
    }

    async fn put(&self, key: &str, bytes: Bytes, meta: ObjectMeta, condition: PutCondition) -> Result<ETag, PortError> {
        let place = self.place("write the object", key)?;
        let request = self
            .client
            .put_object()
            .bucket(place.bucket)
            .key(place.key)
            .content_type(meta.content_type)
            .cache_control(meta.cache_control)
            .set_content_encoding(meta.content_encoding.map(str::to_owned))
            .body(ByteStream::from(bytes));
        let request = match condition {
            PutCondition::Always => request,
            PutCondition::Absent => request.if_none_match("*"),
            PutCondition::Matches(etag) => request.if_match(etag.0),
        };
        match request.send().await {
            Ok(answer) => Ok(ETag(answer.e_tag().unwrap_or_default().to_owned())),
            // 412: another state; 409: another put of it at this moment; 404: it was to match and there is none.
            Err(error) if matches!(status(&error), Some(404 | 409 | 412)) && is_about_the_object(&error) => {
                Err(PortError::Conflict { what: format!("object {key}") })
            }
            Err(error) => Err(failure(format!("write the object {key}"), error)),
        }
    }

    async fn delete(&self, keys: &[String]) -> Result<(), PortError> {
        let places = keys.iter().map(|key| self.place("delete the object", key)).collect::<Result<Vec<_>, _>>()?;
        for bucket in [&self.site, &self.private] {
            let keys: Vec<_> = places.iter().filter(|place| place.bucket == bucket).map(|place| place.key).collect();
            for keys in keys.chunks(DELETED_AT_ONCE) {
                self.delete_from(bucket, keys).await?;
            }
        }
        Ok(())
    }

    fn keeps_encodings(&self) -> bool {
        true
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let public = match prefix.strip_prefix(PUBLIC) {
            Some(rest) => Some(rest),
            None => PUBLIC.starts_with(prefix).then_some(""),
        };
        let mut keys = Vec::new();
        if let Some(prefix) = public {
            keys.extend(self.list_of(&self.site, prefix).await?.into_iter().map(|key| format!("{PUBLIC}{key}")));
        }
        if !prefix.starts_with(PUBLIC) {
            keys.extend(self.list_of(&self.private, prefix).await?);
        }
        keys.sort();
        Ok(keys)
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn is_absent(error: &SdkError<GetObjectError>) -> bool {
    error.as_service_error().is_some_and(GetObjectError::is_no_such_key)
}

/// A bucket that is gone answers 404 as well.
fn is_about_the_object<E: aws_sdk_s3::error::ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(|error| error.code()) != Some("NoSuchBucket")
}
