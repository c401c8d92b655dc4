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

/// An output that a deployment has to have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no output {0}; is this the folder of a deployment that was applied?")]
pub struct MissingOutput(pub String);

impl Deployment {
    /// Reads the names from what `terraform output -json` says.
    ///
    /// # Errors
    /// With the first output that is not there.
    pub fn from_outputs(outputs: &serde_json::Value) -> Result<Self, MissingOutput> {
        let text = |output: &str, key: Option<&str>| {
            let value = &outputs[output]["value"];
            let value = key.map_or(value, |key| &value[key]);
            let name = || key.map_or_else(|| output.to_owned(), |key| format!("{output}.{key}"));
            value.as_str().map(str::to_owned).ok_or_else(|| MissingOutput(name()))
        };
        let queues = QueueName::ALL.into_iter().map(|queue| {
            let name = Some(queue.as_str());
            Ok((queue, QueueUrls { main: text("queues", name)?, dead: text("dead_letter_queues", name)? }))
        });
        Ok(Self {
            table: text("table", None)?,
            site_bucket: text("site_bucket", None)?,
            private_bucket: text("private_bucket", None)?,
            config_key: text("config_key", None)?,
            queues: queues.collect::<Result<_, _>>()?,
        })
    }

    /// The region, from the address of a queue of AWS: `https://sqs.eu-west-1.amazonaws.com/…`.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        let host = self.queues.get(&QueueName::Filter)?.main.split("://").nth(1)?.split('/').next()?;
        let (region, _) = host.strip_prefix("sqs.")?.split_once(".amazonaws.")?;
        Some(region.to_owned())
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

    #[test]
    fn names_and_region_come_from_what_terraform_says() {
        let queues = serde_json::json!({"value": {
            "filter": "https://sqs.eu-west-1.amazonaws.com/1/f", "analysis": "a", "publish": "p", "notify": "n"
        }});
        let mut outputs = serde_json::json!({
            "table": {"value": "t"}, "site_bucket": {"value": "s"}, "private_bucket": {"value": "p"},
            "config_key": {"value": "c"}, "queues": queues, "dead_letter_queues": queues, "api_url": {"value": null},
        });
        let found = Deployment::from_outputs(&outputs).expect("all are there");
        assert_eq!((found.table.as_str(), found.queues[&QueueName::Publish].dead.as_str()), ("t", "p"));
        assert_eq!(found.region().as_deref(), Some("eu-west-1"));
        outputs["dead_letter_queues"] = serde_json::Value::Null;
        let missing = Deployment::from_outputs(&outputs);
        assert_eq!(missing, Err(MissingOutput("dead_letter_queues.filter".to_owned())));
    }
}
