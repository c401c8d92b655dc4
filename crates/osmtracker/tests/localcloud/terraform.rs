//! Terraform as an operator runs it, on a configuration of the repository.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A configuration with its variables and a state of its own.
pub(crate) struct Terraform {
    configuration: PathBuf,
    folder: PathBuf,
    endpoint: String,
    variables: Vec<(String, String)>,
}

/// What a plan would do to a resource.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) actions: Vec<String>,
    before: Value,
    after: Value,
}

impl Planned {
    /// Names of the attributes that would change.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let (Some(before), Some(after)) = (self.before.as_object(), self.after.as_object()) else { return Vec::new() };
        after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
    }
}

impl Terraform {
    /// `None`, loudly, where Terraform or its provider cannot be had.
    #[expect(clippy::print_stderr, reason = "a test that did not run must be seen in its output")]
    pub(crate) fn new(configuration: &Path, folder: &Path, endpoint: &str) -> Option<Self> {
        let terraform = Self {
            configuration: configuration.to_owned(),
            folder: folder.to_owned(),
            endpoint: endpoint.to_owned(),
            variables: Vec::new(),
        };
        if Command::new("terraform").arg("version").output().is_err() {
            eprintln!("skipped: the local cloud: no terraform; https://developer.hashicorp.com/terraform/install");
            return None;
        }
        let mut arguments = vec!["init".to_owned(), "-input=false".to_owned()];
        if let Some(folder) = std::env::var_os("TERRAFORM_PLUGIN_DIR").filter(|folder| !folder.is_empty()) {
            arguments.push(format!("-plugin-dir={}", folder.to_string_lossy()));
        }
        let output = terraform.run(&arguments);
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            eprintln!(
                "skipped: the local cloud: Terraform cannot get its provider hashicorp/aws (reach the registry, or name \
                 the folder of a mirror in TERRAFORM_PLUGIN_DIR): {reason}"
            );
            return None;
        }
        Some(terraform)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = match value.into() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
    }

    /// The same with the same variables, initialised anew.
    pub(crate) fn again(&self) -> Option<Self> {
        let mut again = Self::new(&self.configuration, &self.folder, &self.endpoint)?;
        again.variables.clone_from(&self.variables);
        Some(again)
    }

    /// Takes a variable over from another.
    pub(crate) fn copy(&mut self, name: &str, other: &Self) {
        self.variables.extend(other.variables.iter().filter(|(known, _)| known == name).cloned());
    }

    fn run(&self, arguments: &[String]) -> Output {
        let mut command = Command::new("terraform");
        command
            .arg(format!("-chdir={}", self.configuration.display()))
            .args(arguments)
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("TF_DATA_DIR", self.folder.join("terraform"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .envs(self.variables.iter().map(|(name, value)| (format!("TF_VAR_{name}"), value)))
            .stdin(Stdio::null());
        command.output().unwrap()
    }

    fn state(&self) -> String {
        format!("-state={}", self.folder.join("terraform.tfstate").display())
    }

    fn must(&self, arguments: &[&str]) -> String {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let output = self.run(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "terraform {}\n{stderr}", arguments.join(" "));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes it so. Answers how long that took.
    pub(crate) fn apply(&self) -> Duration {
        let started = Instant::now();
        self.must(&["apply", "-input=false", "-auto-approve", "-parallelism=30", &self.state()]);
        started.elapsed()
    }

    pub(crate) fn destroy(&self) -> Duration {
        let started = Instant::now();
        self.must(&["destroy", "-input=false", "-auto-approve", "-parallelism=30", &self.state()]);
        started.elapsed()
    }

    /// What another apply would change.
    pub(crate) fn plan(&self) -> Vec<Planned> {
        let plan = self.folder.join("plan").display().to_string();
        self.must(&["plan", "-input=false", &format!("-out={plan}"), &self.state()]);
        let shown: Value = serde_json::from_str(&self.must(&["show", "-json", &plan])).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let changes = shown["resource_changes"].as_array().unwrap().iter().map(|change| Planned {
            address: text(&change["address"]),
            kind: text(&change["type"]),
            actions: change["change"]["actions"].as_array().unwrap().iter().map(text).collect(),
            before: change["change"]["before"].clone(),
            after: change["change"]["after"].clone(),
        });
        changes.filter(|planned| !planned.actions.iter().all(|action| action == "no-op" || action == "read")).collect()
    }

    /// The outputs as Terraform tells them.
    pub(crate) fn outputs_json(&self) -> String {
        self.must(&["output", "-json", &self.state()])
    }

    /// The outputs, by name.
    pub(crate) fn outputs(&self) -> Value {
        let shown: Value = serde_json::from_str(&self.outputs_json()).unwrap();
        let values = shown.as_object().unwrap().iter().map(|(name, output)| (name.clone(), output["value"].clone()));
        Value::Object(values.collect())
    }
}
