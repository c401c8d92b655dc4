//! The gateway against a server over HTTP: the strict stand-in of the testkit, for no real one could be had.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod support;
