//! Which table, buckets and queues are ours: what Terraform tells each function in its environment.

use std::collections::BTreeMap;

use osmtracker_pipeline::ports::QueueName;

/// Addresses of a queue and of its dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrls {
    /// The queue.
    pub main: String,
    /// Its dead letters.
    pub dead: String,
}

/// The names of everything that a deployment keeps things in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `OSMTRACKER_AWS_TABLE`: the table.
    pub table: String,
    /// `OSMTRACKER_AWS_SITE_BUCKET`: the public objects.
    pub site_bucket: String,
    /// `OSMTRACKER_AWS_PRIVATE_BUCKET`: all others, the configuration among them.
    pub private_bucket: String,
    /// `OSMTRACKER_AWS_CONFIG_KEY`: the configuration's key in the private bucket.
    pub config_key: String,
    /// `OSMTRACKER_AWS_QUEUE_FILTER`, `…_FILTER_DEAD` and so on.
    pub queues: BTreeMap<QueueName, QueueUrls>,
}

/// A variable that the deployment has to set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variable {0} is not set; Terraform's module `function` sets it")]
pub struct MissingVariable(pub String);

impl Deployment {
    /// Reads the names; `variable` answers a variable of the environment.
    ///
    /// # Errors
    /// With the first variable that is not set.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariable> {
        let required = |name: String| variable(&name).filter(|value| !value.is_empty()).ok_or(MissingVariable(name));
        let queues = QueueName::ALL.into_iter().map(|queue| {
            let name = format!("OSMTRACKER_AWS_QUEUE_{}", queue.as_str().to_ascii_uppercase());
            let dead = required(format!("{name}_DEAD"))?;
            Ok((queue, QueueUrls { main: required(name)?, dead }))
        });
        Ok(Self {
            table: required("OSMTRACKER_AWS_TABLE".to_owned())?,
            site_bucket: required("OSMTRACKER_AWS_SITE_BUCKET".to_owned())?,
            private_bucket: required("OSMTRACKER_AWS_PRIVATE_BUCKET".to_owned())?,
            config_key: required("OSMTRACKER_AWS_CONFIG_KEY".to_owned())?,
            queues: queues.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_from_its_variable_and_a_missing_one_is_named() {
        let found = Deployment::from_variables(|name| Some(name.to_owned())).expect("all are set");
        assert_eq!(found.table, "OSMTRACKER_AWS_TABLE");
        assert_eq!(found.queues[&QueueName::Publish].dead, "OSMTRACKER_AWS_QUEUE_PUBLISH_DEAD");
        let missing = Deployment::from_variables(|name| (!name.ends_with("CONFIG_KEY")).then(|| name.to_owned()));
        assert_eq!(missing, Err(MissingVariable("OSMTRACKER_AWS_CONFIG_KEY".to_owned())));
        let empty = Deployment::from_variables(|_| Some(String::new()));
        assert!(empty.is_err());
    }
}
