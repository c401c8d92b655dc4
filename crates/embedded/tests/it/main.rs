//! The adapters as a whole: contracts of their ports, opening, and `SIGKILL`.

#[cfg(test)]
mod adapters;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod manual_time;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod suites;
