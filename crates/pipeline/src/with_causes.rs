/// An error with its causes, in one line: for rows, for people, and for the log, which as JSON would hold the first alone.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortError;

    #[test]
    fn what_was_tried_comes_first_and_why_it_failed_last() {
        let denied = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "AccessDenied");
        let error = PortError::Transient { what: "write object a".to_owned(), source: denied.into() };
        assert_eq!(with_causes(&error), "write object a: AccessDenied");
    }
}
