//! Secrets: parameters of the Systems Manager, encrypted, which cost nothing and are in no environment and no state.

use osmtracker_pipeline::ports::PortError;

use crate::error::{failure, permanent};

/// Parameters of the Systems Manager.
#[derive(Clone, Debug)]
pub struct Parameters {
    client: aws_sdk_ssm::Client,
}

impl Parameters {
    /// Those that this client may read.
    #[must_use]
    pub fn new(client: aws_sdk_ssm::Client) -> Self {
        Self { client }
    }

    /// The value of a parameter, decrypted.
    ///
    /// # Errors
    /// [`PortError::Permanent`] when there is none or it is empty. The value is in no error.
    pub async fn read(&self, name: &str) -> Result<String, PortError> {
        let what = format!("read the parameter {name}");
        let answer = match self.client.get_parameter().name(name).with_decryption(true).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_parameter_not_found()) => {
                return Err(permanent(what, "there is no such parameter in this region; create it as a SecureString"));
            }
            Err(error) => return Err(failure(what, error)),
        };
        let value = answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
        if value.is_empty() { Err(permanent(what, "it is empty")) } else { Ok(value) }
    }
}
